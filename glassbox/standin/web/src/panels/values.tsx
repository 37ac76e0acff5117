import {
  type FieldDisplay,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  type ReduceDataOptions,
  VizOrientation,
} from '@grafana/data';
import { VizRepeater, type VizRepeaterRenderValueProps } from '@grafana/ui';
import type { ReactElement } from 'react';
import { completed } from '../fields/defaults';
import { optionsOf, type PanelProps } from './props';

/** The options that stat, gauge and bar gauge share. */
export interface SingleValueOptions {
  reduceOptions: ReduceDataOptions;
  orientation: VizOrientation;
  text: { titleSize?: number; valueSize?: number };
  minVizWidth: number;
  minVizHeight: number;
  maxVizHeight: number;
}

interface Extras {
  sparkline?: boolean;
  percentChange?: boolean;
}

/** Each series reduced to one value with its text and colour. */
export function fieldDisplays(props: PanelProps, extras: Extras = {}): FieldDisplay[] {
  const { reduceOptions } = optionsOf<SingleValueOptions>(props);
  return getFieldDisplayValues({
    data: props.frames,
    fieldConfig: completed(props.panel.type, props.panel.fieldConfig),
    replaceVariables: props.replace,
    theme: props.theme,
    timeZone: props.timeZone,
    reduceOptions: {
      values: false,
      fields: '',
      ...reduceOptions,
      calcs: reduceOptions?.calcs?.length ? reduceOptions.calcs : ['last'],
    },
    ...extras,
  });
}

interface RepeatedProps {
  props: PanelProps;
  extras?: Extras;
  autoGrid?: boolean;
  spacing?: number;
  children: (
    shown: VizRepeaterRenderValueProps<FieldDisplay, ReturnType<typeof getDisplayValueAlignmentFactors>>,
  ) => ReactElement;
}

/** One drawing for each value, side by side or one below another. */
export function Repeated({ props, extras, autoGrid, spacing = 8, children }: RepeatedProps) {
  const {
    orientation = VizOrientation.Auto,
    minVizWidth,
    minVizHeight,
    maxVizHeight,
  } = optionsOf<SingleValueOptions>(props);
  return (
    <VizRepeater
      getValues={() => fieldDisplays(props, extras)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={children}
      source={props.frames}
      renderCounter={0}
      width={props.width}
      height={props.height}
      orientation={orientation}
      itemSpacing={spacing}
      minVizWidth={minVizWidth}
      minVizHeight={minVizHeight}
      maxVizHeight={maxVizHeight}
      autoGrid={autoGrid}
    />
  );
}
