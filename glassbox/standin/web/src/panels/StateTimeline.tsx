import { colorManipulator } from '@grafana/data';
import { DashboardCursorSync, LegendDisplayMode, type LegendPlacement } from '@grafana/schema';
import { Pagination, UPlotChart, usePanelContext, VizLayout, VizLegend } from '@grafana/ui';
import { useMemo, useState } from 'react';
import type uPlot from 'uplot';
import { AnnotationMarks } from '../annotations/AnnotationMarks';
import { HoverTooltip } from './HoverTooltip';
import { optionsOf, type PanelProps } from './props';
import { type State, type StateRow, stateRows } from './states';
import type { GraphOptions } from './TimeSeries';
import { timePlot } from './timePlot';

interface StateTimelineOptions extends GraphOptions {
  showValue: 'auto' | 'always' | 'never';
  rowHeight: number;
  mergeValues: boolean;
  alignValue: 'left' | 'center' | 'right';
  perPage: number;
}

const PAGES_PX = 36;
const PADDING_PX = 4;

/** Rows of coloured states over time. By hand: @grafana/ui has no state timeline. */
export function StateTimeline(props: PanelProps) {
  const { frames, range, theme, timeZone, width, height, panel } = props;
  const options = optionsOf<StateTimelineOptions>(props);
  const sync = usePanelContext().sync?.() ?? DashboardCursorSync.Off;
  const [page, setPage] = useState(1);
  const all = useMemo(() => stateRows(frames, options.mergeValues ?? true), [frames, options.mergeValues]);
  const perPage = options.perPage || 20;
  const pages = Math.ceil(all.length / perPage);
  const rows = useMemo(() => all.slice((page - 1) * perPage, page * perPage).reverse(), [all, page, perPage]);
  const config = useMemo(
    () =>
      timePlot({
        props,
        rows: rows.length,
        splits: rows.map((_, index) => index + 0.5),
        labels: (at) => at.map((row) => rows[Math.floor(row)]?.name ?? ''),
        sync,
        draw: (plot) => drawRows(plot, rows, options, panel.fieldConfig?.defaults.custom?.fillOpacity ?? 70),
      }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- of the properties only what is drawn counts
    [rows, range, timeZone, theme, sync, panel],
  );
  const describe = (time: number, row: number) => {
    const state = rows[row]?.states.find(({ from, to }) => time >= from && time <= to);
    return state ? [{ label: rows[row]?.name ?? '', value: state.text, color: state.color }] : [];
  };
  const {
    showLegend = true,
    displayMode = LegendDisplayMode.List,
    placement = 'bottom' as LegendPlacement,
  } = options.legend ?? {};
  const legend = showLegend ? (
    <VizLayout.Legend placement={placement}>
      <VizLegend placement={placement} displayMode={displayMode} items={legendItems(all)} readonly />
    </VizLayout.Legend>
  ) : null;
  const times = [range.from.valueOf(), range.to.valueOf()];
  return (
    <>
      <VizLayout width={width} height={pages > 1 ? height - PAGES_PX : height} legend={legend}>
        {(innerWidth, innerHeight) => (
          <UPlotChart config={config} data={[times, [null, null]]} width={innerWidth} height={innerHeight}>
            <HoverTooltip
              config={config}
              timeZone={timeZone}
              describe={describe}
              links={(time, row) => rows[row]?.links(time) ?? []}
            />
            <AnnotationMarks config={config} marks={props.marks} timeZone={timeZone} theme={theme} regions={false} />
          </UPlotChart>
        )}
      </VizLayout>
      {pages > 1 && <Pagination currentPage={page} numberOfPages={pages} onNavigate={setPage} showSmallVersion />}
    </>
  );
}

function legendItems(rows: StateRow[]) {
  const states = rows.flatMap(({ states: own }) => own);
  const colors = new Map(states.map(({ text, color }) => [text, color]));
  return [...colors].map(([label, color]) => ({ label, color, yAxis: 1 }));
}

function drawRows(plot: uPlot, rows: StateRow[], options: Partial<StateTimelineOptions>, opacity: number): void {
  const { ctx, bbox } = plot;
  const rowHeight = plot.bbox.height / Math.max(1, rows.length);
  const height = rowHeight * (options.rowHeight ?? 0.9);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${12 * devicePixelRatio}px Inter, Helvetica, Arial, sans-serif`;
  ctx.textBaseline = 'middle';
  rows.forEach(({ states }, index) => {
    const top = Math.round(plot.valToPos(index + 0.5, 'y', true) - height / 2);
    for (const state of states) drawState(plot, state, top, height, options, opacity);
  });
  ctx.restore();
}

function drawState(
  { ctx, bbox, valToPos }: uPlot,
  state: State,
  top: number,
  height: number,
  options: Partial<StateTimelineOptions>,
  opacity: number,
): void {
  const left = Math.round(Math.max(bbox.left, valToPos(state.from, 'x', true)));
  const right = Math.round(Math.min(bbox.left + bbox.width, valToPos(state.to, 'x', true)));
  if (right <= left) return;
  ctx.fillStyle = colorManipulator.alpha(state.color, opacity / 100);
  ctx.fillRect(left, top, right - left, height);
  const { showValue = 'auto', alignValue = 'left' } = options;
  const needed = ctx.measureText(state.text).width + 2 * PADDING_PX;
  if (showValue === 'never' || (showValue === 'auto' && needed > right - left)) return;
  ctx.fillStyle = colorManipulator.getContrastRatio('#ffffff', state.color) > 2 ? '#ffffff' : '#111217';
  ctx.textAlign = alignValue;
  const x = { left: left + PADDING_PX, center: (left + right) / 2, right: right - PADDING_PX }[alignValue];
  ctx.fillText(state.text, x, top + height / 2);
}
