import {
  type DataFrame,
  type DisplayValue,
  type Field,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  type LinkModel,
} from '@grafana/data';
import { linksOf } from '../fields/links';

/** A stretch of time in which a series kept its value. */
export interface State {
  from: number;
  to: number;
  text: string;
  color: string;
}

export interface StateRow {
  name: string;
  states: State[];
  /** The data links of the value at a time in milliseconds. */
  links: (time: number) => LinkModel<Field>[];
}

/** One row for each series, top first; equal neighbours are one state, and a gap in the samples is a gap in the row. */
export function stateRows(frames: DataFrame[], merge: boolean): StateRow[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find(({ type }) => type === FieldType.time);
    if (!time) return [];
    return frame.fields
      .filter((field) => field !== time && !field.config.custom?.hideFrom?.viz)
      .map((field) => ({
        name: getFieldDisplayName(field, frame, frames),
        states: statesOf(field, time, merge),
        links: (at) =>
          linksOf(
            field,
            time.values.findLastIndex((one: number) => one <= at),
          ),
      }));
  });
}

function statesOf(field: Field, time: Field, merge: boolean): State[] {
  const step = time.config.interval ?? Number.POSITIVE_INFINITY;
  const states: (State & { value: unknown })[] = [];
  time.values.forEach((from: number, index) => {
    const value: unknown = field.values[index];
    if (value === null || value === undefined) return;
    const to = Math.min(time.values[index + 1] ?? from + (Number.isFinite(step) ? step : 0), from + step);
    const last = states.at(-1);
    if (merge && last && last.to === from && Object.is(last.value, value)) last.to = to;
    else states.push({ from, to, value, ...shown(field.display?.(value), value) });
  });
  return states;
}

const shown = (display: DisplayValue | undefined, value: unknown): Pick<State, 'text' | 'color'> => ({
  text: display ? formattedValueToString(display) : String(value),
  color: display?.color ?? '#808080',
});
