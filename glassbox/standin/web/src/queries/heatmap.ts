import { type DataFrame, type Field, FieldType, toDataFrame } from '@grafana/data';
import type { Series } from './answer';
import { seriesText } from './legend';
import type { Shape } from './shape';

/** Differences below this are the noise of floating point numbers. */
const NOISE = 1e-9;

/** Cumulative `le` buckets as rows of their own counts: each minus the one below, from the lowest bound up. */
export function heatmapFrame(series: Series[], { refId, stepMs }: Pick<Shape, 'refId' | 'stepMs'>): DataFrame {
  const ordered = [...series].sort((a, b) => bound(a) - bound(b));
  const times = [...new Set(ordered.flatMap(({ samples }) => samples.map(([time]) => time)))].sort((a, b) => a - b);
  let below = times.map(() => 0);
  const rows = ordered.map(({ labels, samples }): Field => {
    const byTime = new Map(samples);
    const cumulative = times.map((time) => byTime.get(time) ?? 0);
    const values = cumulative.map((count, index) => counted(count - (below[index] ?? 0)));
    below = cumulative;
    return { name: labels.le ?? seriesText(labels), type: FieldType.number, labels, config: {}, values };
  });
  const time: Field = { name: 'Time', type: FieldType.time, config: stepMs ? { interval: stepMs } : {}, values: times };
  return toDataFrame({ refId, fields: [time, ...rows] });
}

const counted = (difference: number): number => (difference < NOISE ? 0 : difference);

function bound({ labels }: Series): number {
  const le = labels.le ?? '+Inf';
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}
