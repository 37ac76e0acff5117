import type { Labels } from '@grafana/data';

/** Seconds and the value as Prometheus writes it: `NaN` and `+Inf` are texts. */
export type Sample = [seconds: number, value: string];

export interface Answer {
  resultType: 'matrix' | 'vector' | 'scalar' | 'string';
  result: unknown;
}

export interface Series {
  labels: Labels;
  samples: [milliseconds: number, value: number][];
}

interface Row {
  metric?: Labels;
  value?: Sample;
  values?: Sample[];
}

/** The series of any answer of `query` or `query_range`; a scalar is one series without labels. */
export function seriesOf({ resultType, result }: Answer): Series[] {
  const rows: Row[] =
    resultType === 'scalar' || resultType === 'string' ? [{ value: result as Sample }] : ((result ?? []) as Row[]);
  return rows.map(({ metric = {}, value, values }) => ({
    labels: shortened(metric),
    samples: (values ?? (value ? [value] : [])).map(([seconds, text]) => [seconds * 1000, toNumber(text)]),
  }));
}

/** Longer label values are not names, and each is drawn many times. */
const LONGEST_LABEL = 2000;

function shortened(labels: Labels): Labels {
  const long = Object.entries(labels).filter(([, value]) => value.length > LONGEST_LABEL);
  return long.length
    ? { ...labels, ...Object.fromEntries(long.map(([name, value]) => [name, `${value.slice(0, LONGEST_LABEL)}…`])) }
    : labels;
}

function toNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
