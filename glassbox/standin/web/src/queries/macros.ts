import type { Known } from '../variables/formats';
import type { Lookup } from '../variables/interpolate';
import { goDuration, intervalText, type Step } from './step';

/** `$__interval`, `$__rate_interval` and `$__range` with their forms in seconds and milliseconds, for one query. */
export function queryMacros(rangeMs: number, { stepMs, rateIntervalMs }: Step): Lookup {
  const values = new Map([
    ...rangeMacros(rangeMs),
    ['__interval', intervalText(stepMs)],
    ['__interval_ms', String(stepMs)],
    ['__rate_interval', goDuration(rateIntervalMs)],
    ['__rate_interval_ms', String(rateIntervalMs)],
  ]);
  return known(values);
}

/** `$__range`, `$__range_s`, `$__range_ms`. */
export function rangeMacros(rangeMs: number): Map<string, string> {
  const seconds = String(Math.round(rangeMs / 1000));
  return new Map([
    ['__range', `${seconds}s`],
    ['__range_s', seconds],
    ['__range_ms', String(rangeMs)],
  ]);
}

/** A lookup of plain values. */
export function known(values: ReadonlyMap<string, string>): Lookup {
  return (name) => {
    const value = values.get(name);
    return value === undefined ? undefined : ({ name, value, text: value } satisfies Known);
  };
}
