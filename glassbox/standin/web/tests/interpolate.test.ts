import { describe, expect, it } from 'vitest';
import type { Known } from '../src/variables/formats';
import { asGlob, asPromql, asText, interpolate, references } from '../src/variables/interpolate';

const variable =
  (value: string | string[], more: Partial<Known> = {}) =>
  (name: string) =>
    name === 'x' ? { name, value, text: [value].flat().join(' + '), ...more } : undefined;

describe('a variable in PromQL', () => {
  // Single values keep all but backslash and quote; multi-value ones are escaped, also when one is chosen.
  it.each<[string, string | string[], string]>([
    ['a single value', 'a.b', 'a.b'],
    ['a quote', "it's", "it\\\\'s"],
    ['a backslash', 'b\\s', 'b\\\\s'],
    ['one of many', ['a.b'], 'a\\\\.b'],
    ['two of many', ['a.b', 'c|d'], '(a\\\\.b|c\\\\|d)'],
    ['a model', ['meta-llama/Llama-3.1-8B (x)'], 'meta-llama/Llama-3\\\\.1-8B \\\\(x\\\\)'],
    ['a backslash of many', ['b\\s'], 'b\\\\\\\\s'],
    ['none of many', [], '()'],
  ])('is written as Grafana does: %s', (_, value, expected) => {
    expect(interpolate('up{l=~"$x"}', variable(value), asPromql)).toBe(`up{l=~"${expected}"}`);
  });

  it('takes allValue as it is, whatever the format', () => {
    const all = variable('.*', { verbatim: true, text: 'All', urlValues: ['All'] });
    expect(interpolate('$x ${x:regex} ${x:csv}', all, asPromql)).toBe('.* .* .*');
    expect(interpolate('${x:text} ${x:queryparam}', all, asPromql)).toBe('All var-x=All');
  });

  it('is not escaped where a format is given', () => {
    expect(interpolate('${x:raw}', variable(['a.b']), asPromql)).toBe('a.b');
  });
});

describe('a format', () => {
  const many = variable(['a.b', 'c']);
  it.each([
    ['$x', '{a.b,c}'],
    ['[[x]]', '{a.b,c}'],
    ['[[x:pipe]]', 'a.b|c'],
    ['${x:regex}', '(a\\.b|c)'],
    ['${x:pipe}', 'a.b|c'],
    ['${x:csv}', 'a.b,c'],
    ['${x:raw}', 'a.b,c'],
    ['${x:glob}', '{a.b,c}'],
    ['${x:queryparam}', 'var-x=a.b&var-x=c'],
    ['${x:text}', 'a.b + c'],
    ['${x:json}', '["a.b","c"]'],
    ['${x:doublequote}', '"a.b","c"'],
    ['${x:singlequote}', "'a.b','c'"],
    ['${x:percentencode}', '%7Ba.b%2Cc%7D'],
    ['${x:uriencode}', '%7Ba.b,c%7D'],
    ['${x:join:;}', 'a.b;c'],
    ['${x:distributed}', 'a.b,x=c'],
    ['${x:sqlstring}', "'a.b','c'"],
    ['${x:unknown}', '{a.b,c}'],
  ])('%s writes %s', (text, expected) => expect(interpolate(text, many, asGlob)).toBe(expected));

  it('escapes quotes and HTML', () => {
    expect(interpolate('${x:singlequote}', variable("it's"))).toBe("'it\\'s'");
    expect(interpolate('${x:doublequote}', variable('a"b'))).toBe('"a\\"b"');
    expect(interpolate('${x:html}', variable('<script>'))).toBe('&lt;script&gt;');
    expect(interpolate('${x:queryparam}', variable("a b&c'"))).toBe('var-x=a%20b%26c%27');
  });

  it('writes times', () => {
    const at = variable('1594671549254');
    expect(interpolate('${x:date}', at)).toBe('2020-07-13T20:19:09.254Z');
    expect(interpolate('${x:date:seconds}', at)).toBe('1594671549');
    expect(interpolate('${x:date:YYYY-MM}', at)).toBe('2020-07');
  });
});

describe('references', () => {
  it('leave what nobody knows', () =>
    expect(interpolate('$y ${__rate_interval} $ 5$', variable('v'))).toBe('$y ${__rate_interval} $ 5$'));
  it('end where the name ends', () => expect(interpolate('$x_y $x-y', variable('v'), asText)).toBe('$x_y v-y'));
  it('are found', () => expect([...references('$a ${b:csv} [[c]] ${d.e}')]).toEqual(['a', 'b', 'c', 'd']));
  it('are not the keys of objects', () => {
    expect(interpolate('$constructor ${__proto__} $toString', variable('v'))).toBe(
      '$constructor ${__proto__} $toString',
    );
  });
});
