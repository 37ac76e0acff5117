import { type DataFrame, FieldType, toDataFrame } from '@grafana/data';
import type { Series } from './answer';
import type { Shape } from './shape';

/** One row for each sample: its time, all labels in alphabetical order, its value. */
export function tableFrame(series: Series[], shape: Pick<Shape, 'refId' | 'valueName'>): DataFrame {
  const labelNames = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const rows = series.flatMap(({ labels, samples }) => samples.map(([time, value]) => ({ labels, time, value })));
  return toDataFrame({
    refId: shape.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map(({ time }) => time) },
      ...labelNames.map((name) => ({
        name,
        type: FieldType.string,
        config: { filterable: true },
        values: rows.map(({ labels }) => (Object.hasOwn(labels, name) ? labels[name] : '')),
      })),
      { name: shape.valueName, type: FieldType.number, values: rows.map(({ value }) => value) },
    ],
  });
}
