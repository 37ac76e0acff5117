import { type DataFrame, type Field, FieldType } from '@grafana/data';

/** Frames with a gap where a number has no place on an axis: NaN and the infinities, as in Grafana's time series. */
export const finite = (frames: DataFrame[]): DataFrame[] =>
  frames.some(({ fields }) => fields.some(hasEndless))
    ? frames.map((frame) => ({ ...frame, fields: frame.fields.map(withGaps) }))
    : frames;

/** Whether anything can be drawn on an axis. */
export const hasFinite = (frames: DataFrame[]): boolean =>
  frames.some(({ fields }) =>
    fields.some(({ type, values }) => type === FieldType.number && values.some(Number.isFinite)),
  );

const isEndless = (value: unknown): boolean => typeof value === 'number' && !Number.isFinite(value);
const hasEndless = ({ type, values }: Field): boolean => type === FieldType.number && values.some(isEndless);
const withGaps = (field: Field): Field =>
  hasEndless(field) ? { ...field, values: field.values.map((value) => (isEndless(value) ? null : value)) } : field;
