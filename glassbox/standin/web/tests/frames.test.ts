import { cacheFieldDisplayNames, getFieldDisplayName } from '@grafana/data';
import { describe, expect, it } from 'vitest';
import { type Series, seriesOf } from '../src/queries/answer';
import { framesOf } from '../src/queries/frames';
import { fillTemplate, seriesName, seriesText } from '../src/queries/legend';

const series = (labels: Record<string, string>, ...values: number[]): Series => ({
  labels,
  samples: values.map((value, index) => [index * 15_000, value]),
});
const shape = { refId: 'A', expr: 'expr', valueName: 'Value', stepMs: 15_000 };

function autoNames(...targets: Series[][]): string[] {
  const frames = targets.flatMap((list) => framesOf(list, { ...shape, expr: 'sum(up)', legendFormat: '__auto' }));
  cacheFieldDisplayNames(frames);
  return frames.map((frame) => getFieldDisplayName(frame.fields[1] as never, frame, frames));
}

describe('a legend', () => {
  it.each<[string, Series[][], string[]]>([
    ['the query where there are no labels', [[series({}, 1)]], ['sum(up)']],
    ['the value of the only label', [[series({ job: 'a' }, 1), series({ job: 'b' }, 1)]], ['a', 'b']],
    [
      'what differs, of series with a metric name',
      [[series({ __name__: 'up', job: 'a', ns: 'x' }, 1), series({ __name__: 'up', job: 'b', ns: 'x' }, 1)]],
      ['{job="a"}', '{job="b"}'],
    ],
    [
      'all labels, common ones too, of other metrics',
      [[series({ job: 'a', i: '1' }, 1), series({ job: 'b', i: '1' }, 1)]],
      ['{i="1", job="a"}', '{i="1", job="b"}'],
    ],
    ['everything of one alone', [[series({ __name__: 'up', job: 'a' }, 1)]], ['{__name__="up", job="a"}']],
    [
      'keys where queries differ in them',
      [[series({ job: 'a' }, 1)], [series({ pod: 'a' }, 1)]],
      ['{job="a"}', '{pod="a"}'],
    ],
  ])('on auto is %s', (_, targets, expected) => expect(autoNames(...targets)).toEqual(expected));

  it.each([
    ['{{pod}} p99', 'x p99'],
    ['{{ pod }}', 'x'],
    ['{{nope}}-y', '-y'],
    ['{{constructor}}', ''],
  ])('%s is filled', (template, expected) => expect(fillTemplate(template, { pod: 'x' })).toBe(expected));

  it('keeps the names of missing labels in annotations', () =>
    expect(fillTemplate('{{nope}}', {}, 'name')).toBe('nope'));
  it('is the series without a template', () => {
    expect(seriesName('', { __name__: 'up', b: '2', a: '1' }, 'q')).toBe('up{a="1", b="2"}');
    expect(seriesText({ __name__: 'up' })).toBe('up');
  });
});

describe('answers', () => {
  it('read numbers that are texts', () => {
    const result = [
      {
        metric: {},
        values: [
          [1, 'NaN'],
          [2, '+Inf'],
          [3, '-Inf'],
          [4, '0.5'],
        ],
      },
    ];
    expect(seriesOf({ resultType: 'matrix', result })[0]?.samples.map(([, value]) => value)).toEqual([
      Number.NaN,
      Infinity,
      -Infinity,
      0.5,
    ]);
  });
  it('read scalars', () =>
    expect(seriesOf({ resultType: 'scalar', result: [1, '5'] })).toEqual([{ labels: {}, samples: [[1000, 5]] }]));
});

describe('a table', () => {
  it('has time, all labels and the value', () => {
    const [frame] = framesOf([series({ pod: 'a' }, 1), series({ job: 'j', pod: 'b' }, 2)], {
      ...shape,
      format: 'table',
      valueName: 'Value #A',
    });
    expect(frame?.fields.map(({ name }) => name)).toEqual(['Time', 'job', 'pod', 'Value #A']);
    expect(frame?.fields[1]?.values).toEqual(['', 'j']);
  });
  it('does not take labels for keys of objects', () => {
    const labels = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    const [frame] = framesOf([series(labels, 1)], { ...shape, format: 'table' });
    expect(frame?.fields.map(({ name, values }) => [name, values[0]]).slice(1, 3)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('a heatmap', () => {
  it('subtracts the bucket below', () => {
    const list = [series({ le: '+Inf' }, 10, 9), series({ le: '0.5' }, 8, 6), series({ le: '0.1' }, 5, 6)];
    const [frame] = framesOf(list, { ...shape, format: 'heatmap' });
    expect(frame?.fields.slice(1).map(({ name, values }) => [name, ...values])).toEqual([
      ['0.1', 5, 6],
      ['0.5', 3, 0],
      ['+Inf', 2, 3],
    ]);
  });
});
