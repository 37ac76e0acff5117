import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  type PercentChangeColorMode,
} from '@grafana/schema';
import { BigValue } from '@grafana/ui';
import { Linked } from './Linked';
import { optionsOf, type PanelProps } from './props';
import { Repeated, type SingleValueOptions } from './values';

interface StatOptions extends SingleValueOptions {
  colorMode: BigValueColorMode;
  graphMode: BigValueGraphMode;
  justifyMode: BigValueJustifyMode;
  textMode: BigValueTextMode;
  showPercentChange: boolean;
  percentChangeColorMode: PercentChangeColorMode;
}

export function Stat(props: PanelProps) {
  const options = optionsOf<StatOptions>(props);
  const graphMode = options.graphMode ?? BigValueGraphMode.Area;
  const extras = { sparkline: graphMode !== BigValueGraphMode.None, percentChange: options.showPercentChange };
  return (
    <Repeated props={props} extras={extras} autoGrid>
      {({ value, width, height, alignmentFactors, count }) => (
        <Linked value={value}>
          {(onClick) => (
            <BigValue
              value={value.display}
              count={count}
              sparkline={value.sparkline && { ...value.sparkline, timeRange: props.range }}
              width={width}
              height={height}
              alignmentFactors={alignmentFactors}
              theme={props.theme}
              text={options.text}
              colorMode={options.colorMode ?? BigValueColorMode.Value}
              graphMode={graphMode}
              justifyMode={options.justifyMode ?? BigValueJustifyMode.Auto}
              textMode={options.textMode ?? BigValueTextMode.Auto}
              percentChangeColorMode={options.percentChangeColorMode}
              onClick={onClick}
            />
          )}
        </Linked>
      )}
    </Repeated>
  );
}
