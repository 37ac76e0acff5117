import { DashboardCursorSync } from '@grafana/data';
import { LegendDisplayMode, TooltipDisplayMode, type VizLegendOptions } from '@grafana/schema';
import { TimeSeries as Graph, TooltipPlugin2, usePanelContext } from '@grafana/ui';
import { useMemo } from 'react';
import { AnnotationMarks } from '../annotations/AnnotationMarks';
import { finite } from '../fields/finite';
import { joinedLinks } from '../fields/links';
import { optionsOf, type PanelProps } from './props';
import { GraphTooltip, type TooltipOptions } from './Tooltip';

export interface GraphOptions {
  legend: Partial<VizLegendOptions>;
  tooltip: Partial<TooltipOptions>;
}

const LEGEND = { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] } as const;
/** Values of TooltipPlugin2's hover modes: @grafana/ui does not export their names. */
const NEAREST_SERIES = 0;
const ALL_SERIES = 1;

export function TimeSeries(props: PanelProps) {
  const { range, timeZone, width, height, onZoom } = props;
  const frames = useMemo(() => finite(props.frames), [props.frames]);
  const options = optionsOf<GraphOptions>(props);
  const tooltip = options.tooltip ?? {};
  const legend = useMemo<VizLegendOptions>(() => ({ ...LEGEND, calcs: [], ...options.legend }), [options.legend]);
  const { sync } = usePanelContext();
  return (
    <Graph
      frames={frames}
      timeRange={range}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={legend}
      options={props.panel.options}
    >
      {(config, frame) => (
        <>
          {tooltip.mode !== TooltipDisplayMode.None && (
            <TooltipPlugin2
              config={config}
              hoverMode={tooltip.mode === TooltipDisplayMode.Multi ? ALL_SERIES : NEAREST_SERIES}
              syncMode={sync?.() ?? DashboardCursorSync.Off}
              syncScope="__global_"
              queryZoom={({ from, to }) => onZoom(from, to)}
              maxWidth={tooltip.maxWidth}
              getDataLinks={(series, row) =>
                joinedLinks(frame.fields[series], frame.fields[0]?.values[row] as number, frames)
              }
              render={(_plot, indexes, series, pinned, _dismiss, _range, _viaSync, links) => (
                <GraphTooltip
                  frame={frame}
                  indexes={indexes}
                  series={series}
                  pinned={pinned}
                  links={links}
                  timeZone={timeZone}
                  options={tooltip}
                />
              )}
            />
          )}
          <AnnotationMarks config={config} marks={props.marks} timeZone={timeZone} theme={props.theme} />
        </>
      )}
    </Graph>
  );
}
