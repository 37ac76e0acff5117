import { dateMath, dateTime, isDateTime, type RawTimeRange, type TimeRange } from '@grafana/data';
import type { Panel } from './model';

/** `now-1h`, milliseconds since 1970, or a date as text; what makes no time is `fallback`. */
export function parseTime(text: string | null | undefined, fallback: string): string {
  const wanted = text?.trim();
  if (!wanted) return fallback;
  if (/^\d+$/.test(wanted)) return wanted;
  return dateMath.toDateTime(wanted, {})?.isValid() ? wanted : fallback;
}

/** The range between two texts, as of now. */
export function rangeBetween(from: string, to: string, timeZone: string): TimeRange {
  const absolute = (text: string) => (/^\d+$/.test(text) ? dateTime(Number(text)) : undefined);
  const start = absolute(from) ?? dateMath.toDateTime(from, { timezone: timeZone }) ?? dateTime().subtract(1, 'hour');
  const end = absolute(to) ?? dateMath.toDateTime(to, { roundUp: true, timezone: timeZone }) ?? dateTime();
  const raw: RawTimeRange = { from: absolute(from) ?? from, to: absolute(to) ?? to };
  return { from: start, to: end, raw };
}

/** How the address writes one end of a range: relative as it is, absolute in milliseconds. */
export const rawText = (raw: RawTimeRange['from']): string => (isDateTime(raw) ? String(raw.valueOf()) : raw);

/** A panel's own time: `timeFrom` replaces the length of the range, `timeShift` moves it back. */
export function panelRange(range: TimeRange, { timeFrom, timeShift }: Panel, timeZone: string): TimeRange {
  const length = timeFrom
    ? rangeBetween(timeFrom.startsWith('now') ? timeFrom : `now-${timeFrom}`, 'now', timeZone)
    : range;
  if (!timeShift) return length;
  const back = (end: TimeRange['from'], roundUp: boolean) =>
    dateMath.parseDateMath(`-${timeShift}`, dateTime(end), roundUp) ?? end;
  const from = back(length.from, false);
  const to = back(length.to, true);
  return { from, to, raw: { from, to } };
}
