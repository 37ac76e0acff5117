import { type DataFrame, type Field, FieldType, type LinkModel } from '@grafana/data';

/** The data links of one value, filled for it; an address that could run a script is harmless in them. */
export function linksOf(field: Field, row: number): LinkModel<Field>[] {
  return field.config.links?.length ? (field.getLinks?.({ valueRowIndex: row }) ?? []) : [];
}

/** The same for a field that was joined with others over time: it has the rows of all, its links those of the frame it is from. */
export function joinedLinks(field: Field | undefined, time: number, frames: DataFrame[]): LinkModel<Field>[] {
  const { frameIndex = -1, fieldIndex = -1 } = field?.state?.origin ?? {};
  const frame = frames[frameIndex];
  const own = frame?.fields[fieldIndex];
  const row = frame?.fields.find(({ type }) => type === FieldType.time)?.values.indexOf(time) ?? -1;
  return own && row >= 0 ? linksOf(own, row) : [];
}
