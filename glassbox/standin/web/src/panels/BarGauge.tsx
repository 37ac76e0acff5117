import { FieldType, getDisplayProcessor, VizOrientation } from '@grafana/data';
import type { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeValueMode } from '@grafana/schema';
import { BarGauge as Bars } from '@grafana/ui';
import { Linked } from './Linked';
import { optionsOf, type PanelProps } from './props';
import { Repeated, type SingleValueOptions } from './values';

interface BarGaugeOptions extends SingleValueOptions {
  displayMode: BarGaugeDisplayMode;
  valueMode: BarGaugeValueMode;
  namePlacement: BarGaugeNamePlacement;
  showUnfilled: boolean;
}

const DEFAULTS = { minVizWidth: 8, minVizHeight: 16, maxVizHeight: 300 };

export function BarGauge(props: PanelProps) {
  const options = optionsOf<BarGaugeOptions>(props);
  const sized = { ...props, panel: { ...props.panel, options: { ...DEFAULTS, ...props.panel.options } } };
  return (
    <Repeated props={sized} spacing={10}>
      {({ value, width, height, orientation, alignmentFactors }) => (
        <Linked value={value}>
          {(onClick) => (
            <Bars
              value={value.display}
              field={value.field}
              display={
                value.view?.getFieldDisplayProcessor(value.colIndex ?? 0) ??
                getDisplayProcessor({ field: { config: value.field, type: FieldType.number }, theme: props.theme })
              }
              width={width}
              height={height}
              orientation={orientation ?? VizOrientation.Horizontal}
              alignmentFactors={alignmentFactors}
              theme={props.theme}
              text={options.text}
              itemSpacing={8}
              lcdCellWidth={12}
              displayMode={options.displayMode ?? ('gradient' as BarGaugeDisplayMode)}
              valueDisplayMode={options.valueMode}
              namePlacement={options.namePlacement}
              showUnfilled={options.showUnfilled ?? true}
              onClick={onClick}
            />
          )}
        </Linked>
      )}
    </Repeated>
  );
}
