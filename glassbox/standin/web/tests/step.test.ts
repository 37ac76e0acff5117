import { rangeUtil } from '@grafana/data';
import { describe, expect, it } from 'vitest';
import { aligned, stepOf } from '../src/queries/request';
import { browserIntervalMs, durationMs, goDuration, intervalText, queryStep, roundInterval } from '../src/queries/step';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// Range, points, scrape interval, panel interval, Min step -> interval, step, $__rate_interval: Grafana's documented rules.
const CASES: [string, number, number, number, number | undefined, string | undefined, number, number, string][] = [
  ['five minutes', 5 * MINUTE, 1000, 15_000, undefined, undefined, 15_000, 15_000, '1m0s'],
  ['an hour', HOUR, 1000, 15_000, undefined, undefined, 15_000, 15_000, '1m0s'],
  ['six hours', 6 * HOUR, 1000, 15_000, undefined, undefined, 20_000, 20_000, '1m0s'],
  ['six hours, unknown width', 6 * HOUR, 500, 15_000, undefined, undefined, 30_000, 30_000, '1m0s'],
  ['a day', DAY, 1000, 15_000, undefined, undefined, MINUTE, MINUTE, '1m15s'],
  ['a week', 7 * DAY, 1000, 15_000, undefined, undefined, 600_000, 600_000, '10m15s'],
  ['a month', 30 * DAY, 1000, 15_000, undefined, undefined, 1_800_000, 1_800_000, '30m15s'],
  ['a slow scrape', 6 * HOUR, 1000, 30_000, undefined, undefined, 30_000, 30_000, '2m0s'],
  ['a fast scrape', HOUR, 1000, 1000, undefined, undefined, 5000, 5000, '6s'],
  ['a panel of a minute', HOUR, 1000, 15_000, MINUTE, undefined, MINUTE, MINUTE, '1m15s'],
  ['a panel below the scrape', 5 * MINUTE, 1000, 15_000, 1000, undefined, 1000, 1000, '1m0s'],
  ['a query below the scrape', 5 * MINUTE, 1000, 15_000, undefined, '5s', 15_000, 5000, '20s'],
  ['a query of a minute', HOUR, 1000, 15_000, undefined, '1m', 15_000, MINUTE, '4m0s'],
  ['exactly on a limit', 12_000_000, 960, 1000, undefined, undefined, 15_000, 15_000, '16s'],
  ['on a limit, with Min step', 12_000_000, 960, 1000, undefined, '1s', 15_000, 10_000, '16s'],
];

describe('the step of a query', () => {
  it.each(CASES)(
    'is that of Grafana for %s',
    (_, rangeMs, maxDataPoints, scrapeMs, panelIntervalMs, minStep, interval, step, rate) => {
      const intervalMs = browserIntervalMs(rangeMs, maxDataPoints, panelIntervalMs ?? scrapeMs);
      expect(intervalMs).toBe(interval);
      const found = stepOf(
        { refId: 'A', interval: minStep },
        { from: 0, to: rangeMs, maxDataPoints, scrapeMs, panelIntervalMs },
      );
      expect(found.stepMs).toBe(step);
      expect(goDuration(found.rateIntervalMs)).toBe(rate);
    },
  );

  it.each([
    [48 * HOUR, 12_384, 30_000, 100_000, 130_000],
    [HOUR, 12_384, 30_000, 30_000, 120_000],
  ])('follows the rate interval as Min step', (rangeMs, maxDataPoints, scrapeMs, intervalMs, stepMs) => {
    expect(queryStep({ rangeMs, maxDataPoints, scrapeMs, intervalMs, minStep: '$__rate_interval' }).stepMs).toBe(
      stepMs,
    );
  });

  it('multiplies by the old interval factor', () => {
    const input = { rangeMs: 48 * HOUR, maxDataPoints: 0, intervalMs: 0, scrapeMs: 15_000, intervalFactor: 10 };
    expect(queryStep(input).stepMs).toBe(1_200_000);
  });

  it('rounds as @grafana/data does, everywhere', () => {
    for (let raw = 1; raw < 400 * DAY; raw = Math.ceil(raw * 1.07)) {
      expect([raw, roundInterval(raw)]).toEqual([raw, rangeUtil.roundInterval(raw)]);
    }
  });
});

describe('times of a range query', () => {
  it.each([
    [15_000, 0, 1_699_999_995, 1_700_003_595],
    [60_000, 0, 1_699_999_980, 1_700_003_580],
  ])('are cut to the step of %i ms', (stepMs, offset, start, end) => {
    expect(aligned(1_700_000_007_000, 1_700_003_607_000, stepMs, offset)).toEqual([start, end]);
  });

  it.each([
    [DAY, 0, 1_699_920_000],
    [DAY, 3600, 1_699_916_400],
    [7 * DAY, 0, 1_699_488_000],
  ])('begin a step of %i ms at the time zone + %i s', (stepMs, offset, start) => {
    expect(aligned(1_700_000_007_000, 1_700_003_607_000, stepMs, offset)[0]).toBe(start);
  });
});

describe('texts of durations', () => {
  it.each([
    ['15', 15_000],
    ['15s', 15_000],
    ['>10s', 10_000],
    ['1m30s', 90_000],
    ['250ms', 250],
    ['1w', 7 * DAY],
    ['$interval', undefined],
    ['', undefined],
    ['ten', undefined],
  ])('%s are %s ms', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each([
    [90_000, '1m'],
    [100_000, '1m'],
    [15_000, '15s'],
    [2 * HOUR, '2h'],
    [500, '500ms'],
  ])('%i ms are written %s', (ms, text) => expect(intervalText(ms)).toBe(text));
});
