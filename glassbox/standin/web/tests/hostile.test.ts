import { createTheme, type Field, FieldType, type ScopedVars, toDataFrame } from '@grafana/data';
import { describe, expect, it } from 'vitest';
import { normalised } from '../src/dashboard/normalise';
import { type Answer, seriesOf } from '../src/queries/answer';
import { addressOf } from '../src/dashboard/address';
import { layOut } from '../src/dashboard/layout';
import type { Panel } from '../src/dashboard/model';
import { decorated, transformed } from '../src/fields/prepare';
import { toHtml } from '../src/panels/html';
import { dataMacro } from '../src/variables/dataMacros';
import { replacer } from '../src/variables/replace';

const nothing = replacer(() => undefined);
const SCRIPTS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '[x](javascript:alert(1))',
  '<iframe srcdoc="<script>1</script>">',
  '<a href="javascript:alert(1)">x</a>',
];

describe('a text panel', () => {
  it.each(
    SCRIPTS.flatMap((text) => [
      ['markdown', text],
      ['html', text],
    ]),
  )('of %s runs nothing of %s', (mode, text) => {
    const place = document.createElement('div');
    place.innerHTML = toHtml(mode, text);
    expect(place.querySelectorAll('script, iframe[srcdoc]')).toHaveLength(0);
    for (const element of place.querySelectorAll('*')) {
      for (const { name, value } of element.attributes)
        expect(name.startsWith('on') || /^\s*javascript:/i.test(value)).toBe(false);
    }
  });
});

describe('a link', () => {
  it.each(['javascript:alert(1)', ' JavaScript:alert(1)', 'data:text/html,<script>1</script>', 'vbscript:x'])(
    'to %s goes nowhere',
    (url) => {
      expect(addressOf({ url }, nothing)).toMatch(/^about:blank$/);
    },
  );
  it('to an address keeps it', () =>
    expect(addressOf({ url: 'https://example.com/a?b=c' }, nothing)).toBe('https://example.com/a?b=c'));
  it('cannot be given a script by a variable', () => {
    const replace = replacer(() => ({ name: 'x', value: 'javascript:alert(1)', text: '' }));
    expect(addressOf({ url: '$x' }, replace)).toBe('about:blank');
  });
});

describe('data macros', () => {
  const labels = JSON.parse('{"__proto__": "p", "job": "<b>"}') as Record<string, string>;
  const field: Field = { name: 'Value', type: FieldType.number, config: {}, labels, values: [5] };
  const frame = toDataFrame({ fields: [{ name: 'Instance', type: FieldType.string, values: ['h:1'] }, field] });
  const scoped = {
    __dataContext: { value: { data: [frame], frame, field: frame.fields[1], rowIndex: 0 } },
  } as ScopedVars;
  it.each<[string, string, string | undefined]>([
    ['__value', '.raw', '5'],
    ['__value', '.text', '5'],
    ['__field', '.labels.job', '<b>'],
    ['__field', '.labels.__proto__', 'p'],
    ['__field', '.labels.constructor', ''],
    ['__data', '.fields.Instance', 'h:1'],
    ['__data', '.fields["Instance"]', 'h:1'],
    ['__data', '.fields[0]', 'h:1'],
    ['__data', '.fields.constructor', undefined],
    ['__other', '.raw', undefined],
  ])('${%s%s} is %s', (name, path, expected) => expect(dataMacro(name, path, scoped)?.value).toBe(expected));
});

describe('a hostile dashboard', () => {
  it('gets an id for every panel', () => {
    const panels = [{ id: 1, panels: [{ id: 1 }, null] }, { id: 7 }, { id: 'x' }, null, 5] as unknown as Panel[];
    const found = normalised({ panels }).panels ?? [];
    expect([found.map(({ id }) => id), found[0]?.panels?.map(({ id }) => id)]).toEqual([[1, 7, 9], [8]]);
    expect(normalised({ panels: 'none' as never }).panels).toEqual([]);
    expect(normalised({ panels: [{ id: 1, title: 'x'.repeat(10_000_000) } as Panel] }).panels?.[0]?.title).toHaveLength(
      5000,
    );
  });
  it('has label values of bearable length', () => {
    const answer: Answer = {
      resultType: 'vector',
      result: [{ metric: { a: 'x'.repeat(10_000_000), b: 'y' }, value: [1, '1'] }],
    };
    const [series] = seriesOf(answer);
    expect([series?.labels.a?.length, series?.labels.b]).toEqual([2001, 'y']);
  });
  it('may lack everything', () => {
    const placed = layOut(
      [{ id: 1, type: 'stat' } as Panel, { id: 1, type: '__proto__' } as Panel],
      new Map(),
      () => true,
    );
    expect(placed.map(({ position }) => position)).toEqual([
      { x: 0, y: 0, w: 6, h: 3 },
      { x: 0, y: 3, w: 6, h: 3 },
    ]);
  });
  it('cannot reach objects through its field configuration', () => {
    const fieldConfig = JSON.parse(
      '{"defaults":{"custom":{"__proto__":{"polluted":1}}},"overrides":[{"matcher":{"id":"byName","options":"Value"},"properties":[{"id":"custom.__proto__.polluted","value":1},{"id":"custom.constructor.prototype.polluted","value":1}]}]}',
    );
    const frame = toDataFrame({ fields: [{ name: 'Value', type: FieldType.number, values: [1] }] });
    decorated([frame], { type: 'timeseries', fieldConfig, theme: createTheme(), timeZone: 'utc', replace: nothing });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
  it('with a transformation that nobody knows says so', async () => {
    await expect(transformed([], [{ id: 'constructor', options: {} }], nothing)).rejects.toThrow(
      'The transformation "constructor" is not known here.',
    );
  });
});
