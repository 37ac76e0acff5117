import { FieldType, toDataFrame } from '@grafana/data';
import { describe, expect, it, vi } from 'vitest';
import { languageOf, translate } from '../src/app/strings';
import type { Panel } from '../src/dashboard/model';
import { panelRange, parseTime, rangeBetween, rawText } from '../src/dashboard/range';
import { niceTop } from '../src/panels/axis';
import { bands } from '../src/panels/bands';
import { stateRows } from '../src/panels/states';
import { withAll } from '../src/variables/state';

describe('a time of the address', () => {
  it.each([
    ['now-1h', 'now-1h'],
    ['now/d', 'now/d'],
    ['1700000000000', '1700000000000'],
    ['nonsense', 'now-6h'],
    ['', 'now-6h'],
    [null, 'now-6h'],
  ])('%s is %s', (text, expected) => expect(parseTime(text, 'now-6h')).toBe(expected));

  it('becomes a range and is written back', () => {
    const range = rangeBetween('1700000000000', '1700003600000', 'utc');
    expect([range.from.valueOf(), range.to.valueOf(), rawText(range.raw.from)]).toEqual([
      1700000000000,
      1700003600000,
      '1700000000000',
    ]);
    expect(rawText(rangeBetween('now-1h', 'now', 'utc').raw.from)).toBe('now-1h');
  });

  it('is moved by a panel', () => {
    const range = rangeBetween('1700000000000', '1700003600000', 'utc');
    const shifted = panelRange(range, { timeShift: '1h' } as Panel, 'utc');
    expect([shifted.from.valueOf(), shifted.to.valueOf()]).toEqual([1699996400000, 1700000000000]);
  });

  it('is replaced by a panel', () => {
    vi.useFakeTimers({ now: 1700003600000 });
    const range = rangeBetween('1600000000000', '1600003600000', 'utc');
    const latest = panelRange(range, { timeFrom: '1h' } as Panel, 'utc');
    vi.useRealTimers();
    expect([latest.from.valueOf(), latest.to.valueOf()]).toEqual([1700000000000, 1700003600000]);
  });
});

describe('a choice of several', () => {
  it.each<[string[], string[], string[]]>([
    [['a'], ['a', '$__all'], ['$__all']],
    [['$__all'], ['$__all', 'a'], ['a']],
    [['a'], ['a', 'b'], ['a', 'b']],
  ])('%j becoming %j is %j', (before, now, expected) => expect(withAll(before, now)).toEqual(expected));
});

describe('states', () => {
  it('join equal neighbours and end where samples stop', () => {
    const frame = toDataFrame({
      fields: [
        { name: 'Time', type: FieldType.time, config: { interval: 10 }, values: [0, 10, 20, 60] },
        { name: 'Value', type: FieldType.number, values: [1, 1, 2, 2] },
      ],
    });
    const [row] = stateRows([frame], true);
    expect(row?.states.map(({ from, to, text }) => [from, to, text])).toEqual([
      [0, 20, '1'],
      [20, 30, '2'],
      [60, 70, '2'],
    ]);
  });
});

describe('a gauge', () => {
  it('has a band for each threshold within its ends', () => {
    const steps = [
      { color: 'green', value: Number.NEGATIVE_INFINITY },
      { color: 'yellow', value: 0.3 },
      { color: 'red', value: 2 },
    ];
    expect(bands({ thresholds: { mode: 'absolute' as never, steps } }, 0, 1)).toEqual([
      { from: 0, to: 0.3, color: 'green' },
      { from: 0.3, to: 1, color: 'yellow' },
    ]);
  });
});

describe('texts', () => {
  it('come in the language of the address', () => {
    expect(translate(languageOf(new URLSearchParams('lang=zh')), 'alerts')).toBe('告警规则');
    expect(translate(languageOf(new URLSearchParams('lang=en')), 'alerts')).toBe('Alert rules');
  });
});

it('an axis ends at a round number', () =>
  expect([0, 3, 17, 240, Number.NaN].map(niceTop)).toEqual([1, 5, 20, 250, 1]));
