import { colorManipulator, dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { Tooltip, type UPlotConfigBuilder } from '@grafana/ui';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import type uPlot from 'uplot';
import type { Mark } from './marks';

interface Props {
  config: UPlotConfigBuilder;
  marks: Mark[];
  timeZone: string;
  theme: GrafanaTheme2;
  /** Whether what lasts is also drawn over the graph; below it it always is. */
  regions?: boolean;
}

const REGION_ALPHA = 0.1;
const HEIGHT_PX = 6;

/** Annotations over a graph: a dashed line or a shaded region each, and below it what one can point at or focus. */
export function AnnotationMarks({ config, marks, timeZone, theme, regions = true }: Props) {
  const [plot, setPlot] = useState<uPlot>();
  const [, redrawn] = useState(0);
  const current = useRef(marks);
  current.current = marks;
  useLayoutEffect(() => {
    config.addHook('ready', setPlot);
    config.addHook('draw', (drawn) => {
      drawMarks(
        drawn,
        regions ? current.current : current.current.filter(({ timeEnd }) => timeEnd === undefined),
        theme,
      );
      // A new size or range moves the triangles.
      queueMicrotask(() => redrawn((count) => count + 1));
    });
  }, [config, theme, regions]);
  useEffect(() => {
    if (marks.length) plot?.redraw(false);
  }, [plot, marks]);
  const wrap = plot?.over.parentElement;
  if (!plot || !wrap) return null;
  return createPortal(
    visible(plot, marks).map((mark) => (
      <Triangle
        key={`${mark.source} ${mark.time} ${mark.title} ${mark.text}`}
        mark={mark}
        plot={plot}
        timeZone={timeZone}
        theme={theme}
      />
    )),
    wrap,
  );
}

const visible = (plot: uPlot, marks: Mark[]): Mark[] => {
  const { min = null, max = null } = plot.scales.x ?? {};
  return min === null || max === null ? [] : marks.filter(({ time, timeEnd = time }) => timeEnd >= min && time <= max);
};

function drawMarks(plot: uPlot, marks: Mark[], theme: GrafanaTheme2): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const mark of visible(plot, marks)) {
    const color = theme.visualization.getColorByName(mark.color);
    const ends = [mark.time, mark.timeEnd ?? mark.time].map((time) => Math.round(plot.valToPos(time, 'x', true)));
    const [from = 0, to = 0] = ends;
    if (to > from) {
      ctx.fillStyle = colorManipulator.alpha(color, REGION_ALPHA);
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
    }
    ctx.strokeStyle = color;
    ctx.lineWidth = 2;
    ctx.setLineDash([5, 5]);
    for (const x of new Set(ends)) {
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
  }
  ctx.restore();
}

interface TriangleProps {
  mark: Mark;
  plot: uPlot;
  timeZone: string;
  theme: GrafanaTheme2;
}

function Triangle({ mark, plot, timeZone, theme }: TriangleProps) {
  const from = Math.max(0, plot.valToPos(mark.time, 'x'));
  const to = mark.timeEnd ? Math.min(plot.over.clientWidth, plot.valToPos(mark.timeEnd, 'x')) : from;
  const region = to - from > HEIGHT_PX;
  const color = theme.visualization.getColorByName(mark.color);
  const { offsetLeft, offsetTop, clientHeight } = plot.over;
  return (
    <Tooltip content={<MarkText mark={mark} timeZone={timeZone} />}>
      <button
        type="button"
        aria-label={`${mark.title} ${mark.text}`}
        style={{
          position: 'absolute',
          left: offsetLeft + from - (region ? 0 : HEIGHT_PX),
          top: offsetTop + clientHeight,
          width: region ? to - from : 2 * HEIGHT_PX,
          height: HEIGHT_PX,
          padding: 0,
          border: 'none',
          background: color,
          clipPath: region ? undefined : 'polygon(50% 0, 100% 100%, 0 100%)',
        }}
      />
    </Tooltip>
  );
}

function MarkText({ mark, timeZone }: { mark: Mark; timeZone: string }) {
  const times = [mark.time, mark.timeEnd].filter((time) => time !== undefined);
  return (
    <div>
      <strong>{mark.title}</strong>
      <div>{times.map((time) => dateTimeFormat(time, { timeZone })).join(' – ')}</div>
      <div>{mark.text}</div>
      <div>{mark.tags.join(', ')}</div>
    </div>
  );
}
