import { type DataFrame, type Field, FieldType, formattedValueToString, getValueFormat } from '@grafana/data';
import { DashboardCursorSync } from '@grafana/schema';
import { UPlotChart, usePanelContext } from '@grafana/ui';
import { useMemo } from 'react';
import type uPlot from 'uplot';
import { AnnotationMarks } from '../annotations/AnnotationMarks';
import { linksOf } from '../fields/links';
import { HeatmapScale } from './HeatmapScale';
import { HoverTooltip } from './HoverTooltip';
import { colorOf, type HeatmapColor, palette } from './palette';
import { optionsOf, type PanelProps } from './props';
import { timePlot } from './timePlot';

interface HeatmapOptions {
  color: Partial<HeatmapColor>;
  yAxis: { unit?: string; decimals?: number; reverse?: boolean };
  cellValues: { unit?: string; decimals?: number };
  filterValues: { le?: number };
  cellGap: number;
  legend: { show?: boolean };
}

const LEAST_LABEL_PX = 24;
const SCALE_PX = 34;
const AXIS_PX = 40;

/** Rows of buckets over time. By hand: @grafana/ui has no heatmap. */
export function Heatmap(props: PanelProps) {
  const { frames, width, height, theme, timeZone, range } = props;
  const options = optionsOf<HeatmapOptions>(props);
  const sync = usePanelContext().sync?.() ?? DashboardCursorSync.Off;
  const cells = useMemo(() => cellsOf(frames.at(-1), options.filterValues?.le), [frames, options.filterValues?.le]);
  const colors = useMemo(() => palette(options.color ?? {}, theme), [options.color, theme]);
  const valueText = (value: number): string => text(value, options.cellValues?.unit, options.cellValues?.decimals);
  const rowText = ({ name }: Field): string =>
    Number.isNaN(Number(name)) ? name : text(Number(name), options.yAxis?.unit, options.yAxis?.decimals);
  const config = useMemo(() => {
    if (!cells) return undefined;
    const every = Math.max(1, Math.ceil(cells.rows.length / Math.max(1, (height - AXIS_PX) / LEAST_LABEL_PX)));
    const splits = cells.rows.map((_, index) => index + 1).filter((row) => row % every === 0);
    const labels = (at: number[]): string[] =>
      at.map((row) => (cells.rows[row - 1] ? rowText(cells.rows[row - 1] as Field) : ''));
    return timePlot({
      props,
      rows: cells.rows.length,
      splits,
      labels,
      sync,
      draw: (plot) => drawCells(plot, cells, colors, options.cellGap ?? 1),
    });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the texts follow from the panel's options
  }, [cells, colors, range, timeZone, theme, height, sync]);
  if (!cells || !config) return null;
  const scaled = options.legend?.show !== false;
  const columnAt = (time: number): number => cells.times.findIndex((end) => time <= end && time > end - cells.stepMs);
  const links = (time: number, row: number) => {
    const field = cells.rows[row];
    return field ? linksOf(field, columnAt(time)) : [];
  };
  const describe = (time: number, row: number) => {
    const field = cells.rows[row];
    const column = columnAt(time);
    const value: number | undefined = field?.values[column];
    if (!field || !(Number(value) > 0)) return [];
    return [
      {
        label: `≤ ${rowText(field)}`,
        value: valueText(value ?? 0),
        color: colorOf(value ?? 0, cells.low, cells.high, colors),
      },
    ];
  };
  return (
    <>
      <UPlotChart
        config={config}
        data={[cells.times, cells.times.map(() => null)]}
        width={width}
        height={scaled ? height - SCALE_PX : height}
      >
        <HoverTooltip config={config} timeZone={timeZone} describe={describe} links={links} />
        <AnnotationMarks config={config} marks={props.marks} timeZone={timeZone} theme={theme} />
      </UPlotChart>
      {scaled && (
        <HeatmapScale colors={colors} texts={[cells.low, (cells.low + cells.high) / 2, cells.high].map(valueText)} />
      )}
    </>
  );
}

const text = (value: number, unit = 'short', decimals?: number): string =>
  formattedValueToString(getValueFormat(unit)(value, decimals));

interface Cells {
  times: number[];
  stepMs: number;
  rows: Field[];
  low: number;
  high: number;
}

/** Cells up to this are not drawn. */
const HIDDEN_UP_TO = 1e-9;

function cellsOf(frame: DataFrame | undefined, hidden = HIDDEN_UP_TO): Cells | undefined {
  const time = frame?.fields.find(({ type }) => type === FieldType.time);
  const rows = frame?.fields.filter(({ type }) => type === FieldType.number) ?? [];
  if (!time || !rows.length) return undefined;
  const shown = rows.flatMap(({ values }) => (values as number[]).filter((value) => value > hidden));
  const times = time.values as number[];
  const stepMs = time.config.interval ?? (times[1] ?? 0) - (times[0] ?? 0);
  const [low, high] = shown.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, 0],
  );
  return { times, stepMs, rows, low: Number.isFinite(low) ? low : 0, high };
}

/** Each cell ends at its sample's time and reaches from the bound below to its own. */
function drawCells(plot: uPlot, { times, stepMs, rows, low, high }: Cells, colors: string[], gap: number): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  rows.forEach(({ values }, row) => {
    const top = Math.round(plot.valToPos(row + 1, 'y', true));
    const bottom = Math.round(plot.valToPos(row, 'y', true));
    times.forEach((end, column) => {
      const value: number = values[column];
      if (!(value > HIDDEN_UP_TO)) return;
      const left = Math.round(plot.valToPos(end - stepMs, 'x', true));
      const right = Math.round(plot.valToPos(end, 'x', true));
      ctx.fillStyle = colorOf(value, low, high, colors);
      ctx.fillRect(left, top, Math.max(1, right - left - gap), Math.max(1, bottom - top - gap));
    });
  });
  ctx.restore();
}
