import { createTheme, FieldType, locationUtil, outerJoinDataFrames, toDataFrame } from '@grafana/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { joinedLinks, linksOf } from '../src/fields/links';
import { decorated } from '../src/fields/prepare';
import { stateRows } from '../src/panels/states';
import { replacer } from '../src/variables/replace';

const KNOWN: Record<string, { value: string; verbatim?: boolean }> = {
  job: { value: 'a b' },
  name: { value: 'a+b&c#d%e' },
  __url_time_range: { value: 'from=1&to=2', verbatim: true },
  __all_variables: { value: 'var-job=a+b', verbatim: true },
};
const replace = replacer((name) => {
  const known = KNOWN[name];
  return known && { name, text: known.value, ...known };
});

function frame(instance: string, times: number[], values: number[]) {
  const labels = { instance };
  return toDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: times },
      { name: 'Value', type: FieldType.number, labels, config: { displayNameFromDS: `of ${instance}` }, values },
    ],
  });
}

const prepared = (urls: string[], overrides: string[] = []) =>
  decorated([frame('h:1', [1000, 2000, 3000], [1, 2, 3]), frame('h:2', [2000, 4000], [20, 40])], {
    type: 'timeseries',
    fieldConfig: {
      defaults: { unit: 's', links: urls.map((url) => ({ title: '${__field.labels.instance}', url })) },
      overrides: overrides.map((url) => ({
        matcher: { id: 'byName', options: 'of h:2' },
        properties: [{ id: 'links', value: [{ title: 'Other', url, targetBlank: true, oneClick: true }] }],
      })),
    },
    theme: createTheme(),
    timeZone: 'utc',
    replace,
  });

const decoratedNames = (url: string) =>
  decorated(
    [
      toDataFrame({
        fields: [
          { name: 'Time', type: FieldType.time, values: [1] },
          { name: 'Model', type: FieldType.string, values: ['a+b&c#d%e'] },
        ],
      }),
    ],
    {
      type: 'table',
      fieldConfig: { defaults: { links: [{ title: 'x', url }] }, overrides: [] },
      theme: createTheme(),
      timeZone: 'utc',
      replace,
    },
  );

beforeAll(() =>
  locationUtil.initialize({
    config: { appSubUrl: '' } as Parameters<typeof locationUtil.initialize>[0]['config'],
    getVariablesUrlParams: () => ({}),
    getTimeRangeForUrl: () => ({ from: '1', to: '2' }),
  }),
);

const fieldOf = (frames: ReturnType<typeof prepared>, index: number) => frames[index]!.fields[1]!;

describe('a data link', () => {
  it.each([
    ['/d/x?var-instance=${__field.labels.instance}', '/d/x?var-instance=h:2'],
    ['/d/x?at=${__value.time}', '/d/x?at=4000'],
    ['/d/x?v=${__value.raw}&n=${__value.numeric}&t=${__value.text}', '/d/x?v=40&n=40&t=40%20s'],
    ['/d/x?s=${__series.name}&f=${__field.name}', '/d/x?s=of%20h:2&f=Value'],
    ['/d/x?${__url_time_range}&${__all_variables}', '/d/x?from=1&to=2&var-job=a+b'],
    ['/d/x?j=$job&u=$unknown', '/d/x?j=a%20b&u=$unknown'],
    ['/d/x?l=${__field.labels}', '/d/x?l=instance=%22h:2%22'],
    ['https://example.com/${__field.labels.missing}', 'https://example.com/'],
  ])('of %s leads to %s', (url, wanted) => {
    const [link] = linksOf(fieldOf(prepared([url]), 1), 1);
    expect(link).toMatchObject({ title: 'h:2', href: wanted });
  });

  it.each(['${__value.raw:percentencode}', '${name:percentencode}', '${name:queryparam}'])(
    'keeps the signs of a name that %s encodes',
    // Grafana itself is built with the same version of sanitize-url; later ones decode the whole address (their issue 75).
    (text) => {
      const [link] = linksOf(fieldOf(decoratedNames(`/d/x?var-name=${text}`), 0), 0);
      expect(link?.href).toContain('a%2Bb%26c%23d%25e');
    },
  );

  it.each(['javascript:alert(1)', 'data:text/html,x', '${__field.labels.instance}ascript:alert(1)'])(
    'of %s runs nothing',
    (url) => {
      const frames = decorated([frame('jav', [1], [1])], {
        type: 'timeseries',
        fieldConfig: { defaults: { links: [{ title: 'x', url }] }, overrides: [] },
        theme: createTheme(),
        timeZone: 'utc',
        replace,
      });
      expect(linksOf(fieldOf(frames, 0), 0)[0]?.href).toBe('about:blank');
    },
  );

  it('of an override comes before the others, on its fields only', () => {
    const frames = prepared(['/d/x'], ['/d/y']);
    expect(linksOf(fieldOf(frames, 0), 0)).toMatchObject([{ href: '/d/x' }]);
    expect(linksOf(fieldOf(frames, 1), 0)).toMatchObject([
      { href: '/d/y', target: '_blank', oneClick: true },
      { href: '/d/x' },
    ]);
  });

  it('of a field without links is none', () => expect(linksOf(fieldOf(prepared([]), 0), 0)).toEqual([]));

  it('finds the value of its own series where several are joined', () => {
    const frames = prepared(['/d/x?at=${__value.time}&v=${__value.raw}&i=${__field.labels.instance}']);
    const joined = outerJoinDataFrames({ frames, keepOriginIndices: true });
    const hrefs = [1, 2].map((index) => joinedLinks(joined?.fields[index], 2000, frames).map(({ href }) => href));
    expect(hrefs).toEqual([['/d/x?at=2000&v=2&i=h:1'], ['/d/x?at=2000&v=20&i=h:2']]);
    expect(joinedLinks(joined?.fields[2], 1000, frames)).toEqual([]);
    expect(joinedLinks(undefined, 1000, frames)).toEqual([]);
  });

  it('of a state is that of its last sample', () => {
    const rows = stateRows(prepared(['/d/x?at=${__value.time}']), true);
    expect(rows[0]?.links(2500)).toMatchObject([{ href: '/d/x?at=2000' }]);
    expect(rows[1]?.links(1500)).toMatchObject([{ href: '/d/x?at=' }]);
  });
});
