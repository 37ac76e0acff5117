import { describe, expect, it } from 'vitest';
import { customOptions, matching, option, sorted } from '../src/variables/options';
import { variableQuery } from '../src/variables/query';
import { choose, toKnown, type Variable } from '../src/variables/state';

const options = (...texts: string[]) => texts.map((text) => option(text));
const values = (list: { value: string }[]) => list.map(({ value }) => value);

describe('a regex', () => {
  it.each<[string, string[], [string, string][]]>([
    ['/instance="([^"]+)"/', ['up{instance="h1:80",job="x"} 1 2'], [['h1:80', 'h1:80']]],
    ['/(?<text>[^:]+):(?<value>\\d+)/', ['h1:80'], [['h1', '80']]],
    ['vllm', ['vllm', 'vllm:x'], [['vllm', 'vllm']]],
    [
      '/(\\d+)/g',
      ['a1b2'],
      [
        ['1', '1'],
        ['2', '2'],
      ],
    ],
  ])('%s filters and takes out', (regex, texts, expected) => {
    expect(matching(options(...texts), regex).map(({ text, value }) => [text, value])).toEqual(expected);
  });

  it('drops what comes twice', () => expect(values(matching(options('a', 'b', 'a'), ''))).toEqual(['a', 'b']));
});

describe('a sort', () => {
  it.each([
    [0, ['b10', 'B2', 'a1', 'x', 'b9']],
    [1, ['B2', 'a1', 'b10', 'b9', 'x']],
    [2, ['x', 'b9', 'b10', 'a1', 'B2']],
    [3, ['x', 'a1', 'B2', 'b9', 'b10']],
    [5, ['a1', 'b10', 'B2', 'b9', 'x']],
    [7, ['a1', 'B2', 'b9', 'b10', 'x']],
    [8, ['x', 'b10', 'b9', 'B2', 'a1']],
  ])('%i orders as Grafana does', (sort, expected) =>
    expect(values(sorted(options('b10', 'B2', 'a1', 'x', 'b9'), sort))).toEqual(expected),
  );
});

describe('custom options', () => {
  it('have texts, values and escaped commas', () => {
    expect(customOptions('P50 : 0.5, P99 : 0.99, a\\,b, x:y')).toEqual([
      option('0.5', 'P50'),
      option('0.99', 'P99'),
      option('a,b'),
      option('x:y'),
    ]);
  });
  it('may be JSON, and hostile JSON gives none', () => {
    expect(customOptions('[{"text":"A","value":"1"}]', 'json')).toEqual([option('1', 'A')]);
    expect(customOptions('{"__proto__":{"value":1}}', 'json')).toEqual([]);
    expect(customOptions('[', 'json')).toEqual([]);
  });
});

describe('a variable query', () => {
  const FROM = 1_700_000_007_000;
  const TO = 1_700_003_607_000;
  const SPAN = [
    ['start', '1699999980'],
    ['end', '1700003640'],
    ['limit', '40000'],
  ];
  it.each<[string, string, string[][]]>([
    ['label_values(job)', 'label/job/values', SPAN],
    ['label_values(m{x="1, 2"}, l)', 'label/l/values', [['match[]', 'm{x="1, 2"}'], ...SPAN]],
    ['label_values({}, l)', 'label/l/values', SPAN],
    ['label_names()', 'labels', SPAN],
    ['metrics(vllm.*)', 'label/__name__/values', [['match[]', '{__name__=~"vllm.*"}'], ...SPAN]],
    [
      'query_result(topk(5, up))',
      'query',
      [
        ['query', 'topk(5, up)'],
        ['time', '1700003607'],
      ],
    ],
    ['up{job="a"}', 'series', [['match[]', 'up{job="a"}'], ...SPAN]],
  ])('%s asks %s', (query, path, parameters) =>
    expect(variableQuery(query, FROM, TO)).toMatchObject({ path, parameters }),
  );

  it('writes series with value and time', () => {
    const { read } = variableQuery('query_result(up)', FROM, TO);
    const answer = { resultType: 'vector', result: [{ metric: { __name__: 'up', job: 'a' }, value: [1.5, '1'] }] };
    expect(read(answer)).toEqual(['up{job="a"} 1 1500']);
  });
});

describe('what is chosen', () => {
  const model = { name: 'v', type: 'query' };
  it.each<[string, object, string[], string[], boolean, string[]]>([
    ['keeps what is there', { multi: true }, ['a', 'b'], ['b'], false, ['b']],
    ['keeps All', { includeAll: true }, ['a'], ['$__all'], false, ['$__all']],
    ['falls back to All', { includeAll: true }, ['a'], ['gone'], false, ['$__all']],
    ['falls back to the first', {}, ['a', 'b'], ['gone'], false, ['a']],
    ['is nothing where nothing is', { multi: true }, [], [], false, []],
    ['takes typed values', {}, ['a'], ['typed'], true, ['typed']],
  ])('%s', (_, more, texts, wished, typed, expected) =>
    expect(choose({ ...model, ...more }, options(...texts), wished, typed)).toEqual(expected),
  );

  const chosen = (more: object, values: string[]): Variable => ({
    model: { ...model, ...more },
    options: options('a', 'b.c'),
    chosen: values,
  });
  it('is a text for single variables and a list for the others', () => {
    expect(toKnown(chosen({}, ['a'])).value).toBe('a');
    expect(toKnown(chosen({ multi: true }, ['a'])).value).toEqual(['a']);
  });
  it('is every option, or allValue, for All', () => {
    expect(toKnown(chosen({ includeAll: true }, ['$__all']))).toMatchObject({
      value: ['a', 'b.c'],
      text: 'All',
      urlValues: ['$__all'],
    });
    expect(toKnown(chosen({ includeAll: true, allValue: '.*' }, ['$__all']))).toMatchObject({
      value: '.*',
      verbatim: true,
      urlValues: ['All'],
    });
  });
});
