import type { GrafanaTheme2 } from '@grafana/data';
import { AxisPlacement, DashboardCursorSync, GraphDrawStyle, ScaleDirection, ScaleOrientation } from '@grafana/schema';
import { UPlotConfigBuilder } from '@grafana/ui';
import type uPlot from 'uplot';
import type { PanelProps } from './props';

/** Shorter drags are clicks. */
const LEAST_DRAG_PX = 5;
/** Where all graphs of the page share their crosshair. */
const SYNC_KEY = '__global_';

interface TimePlot {
  props: Pick<PanelProps, 'timeZone' | 'range' | 'theme' | 'onZoom' | 'width'>;
  /** Rows of equal height, counted from the bottom. */
  rows: number;
  labels: (splits: number[]) => string[];
  /** Where labels stand, in rows from the bottom. */
  splits: number[];
  draw: (plot: uPlot) => void;
  sync: DashboardCursorSync;
}

/** A plot with time below and rows beside it, whose inside is drawn by hand; dragging chooses a time range. */
export function timePlot({ props, rows, labels, splits, draw, sync }: TimePlot): UPlotConfigBuilder {
  const { timeZone, range, theme, onZoom } = props;
  const builder = new UPlotConfigBuilder(timeZone);
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [range.from.valueOf(), range.to.valueOf()],
  });
  builder.addScale({
    scaleKey: 'y',
    isTime: false,
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: () => [0, rows],
  });
  builder.addAxis({
    scaleKey: 'x',
    isTime: true,
    placement: AxisPlacement.Bottom,
    timeZone,
    theme,
    grid: { show: true },
  });
  builder.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    theme,
    size: labelWidth(labels(splits), props.width, theme),
    splits: () => splits,
    values: (_plot, at) => labels(at),
    grid: { show: false },
    ticks: { show: false },
  });
  builder.addSeries({
    scaleKey: 'y',
    theme,
    pathBuilder: () => null,
    pointsBuilder: () => undefined,
    drawStyle: GraphDrawStyle.Line,
  });
  builder.addHook('draw', draw);
  builder.addHook('setSelect', (plot) => {
    const { left, width } = plot.select;
    if (width >= LEAST_DRAG_PX) onZoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  });
  builder.setCursor({
    y: false,
    drag: { x: true, y: false, setScale: false },
    ...(sync === DashboardCursorSync.Off ? {} : { sync: { key: SYNC_KEY, scales: ['x', null] } }),
  });
  return builder;
}

/** Of the plot's width, as Grafana limits it. */
const MOST_LABELS_SHARE = 0.4;

/** Room for the longest label. */
function labelWidth(labels: string[], width: number, theme: GrafanaTheme2): number {
  const context = document.createElement('canvas').getContext('2d');
  const most = width * MOST_LABELS_SHARE;
  if (!context) return most;
  context.font = `12px ${theme.typography.fontFamily}`;
  const widest = Math.max(0, ...labels.map((label) => context.measureText(label).width));
  return Math.min(most, Math.ceil(widest) + 20);
}
