import { describe, expect, it } from 'vitest';
import { toEvents } from '../src/annotations/events';
import { isEnabled } from '../src/annotations/switches';

describe('annotations of a series', () => {
  it('are where it is above zero, joined within a step', () => {
    const samples: [number, number][] = [
      [0, 1],
      [60, 1],
      [120, 0],
      [180, 2],
      [300, 1],
      [360, Number.NaN],
    ];
    expect(toEvents(samples, 60)).toEqual([{ time: 0, timeEnd: 60 }, { time: 180 }, { time: 300 }]);
  });
});

describe('an annotation query', () => {
  it.each<[object, string, boolean]>([
    [{}, '', true],
    [{ enable: false }, '', false],
    [{ enable: false }, 'annotation-A=on', true],
    [{}, 'annotation-A=off', false],
    [{ builtIn: 1 }, 'annotation-A=on', false],
  ])('%j with "%s" is on: %s', (model, address, on) =>
    expect(isEnabled({ name: 'A', ...model }, new URLSearchParams(address))).toBe(on),
  );
});
