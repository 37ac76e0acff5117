import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { layOut, stacked, toPixels } from '../src/dashboard/layout';
import type { Dashboard, Panel } from '../src/dashboard/model';
import { option } from '../src/variables/options';
import type { Variables } from '../src/variables/state';

const GOLDEN = '../../../tests/golden/dashboards';
const panel = (id: number, x: number, y: number, w: number, h: number, more: Partial<Panel> = {}): Panel => ({
  id,
  type: 'stat',
  gridPos: { x, y, w, h },
  ...more,
});
const row = (id: number, y: number, more: Partial<Panel> = {}): Panel =>
  panel(id, 0, y, 24, 1, { type: 'row', ...more });
const none: Variables = new Map();
const variables = (values: string[]): Variables =>
  new Map([
    [
      'v',
      {
        model: { name: 'v', type: 'custom', multi: true },
        options: values.map((value) => option(value)),
        chosen: values,
      },
    ],
  ]);
const saved = ({ collapsed }: Panel): boolean => !collapsed;
const places = (placed: ReturnType<typeof layOut>) =>
  placed.map(({ key, position: { x, y, w, h } }) => [key, x, y, w, h]);

describe('our own dashboards', () => {
  it.each(readdirSync(GOLDEN))('%s stands exactly at its gridPos', (file) => {
    const { panels = [] } = JSON.parse(readFileSync(`${GOLDEN}/${file}`, 'utf8')) as Dashboard;
    const placed = layOut(panels, none, saved);
    expect(placed).toHaveLength(panels.length);
    for (const {
      panel: { gridPos },
      position,
    } of placed)
      expect(position).toEqual(gridPos);
  });
});

describe('rows', () => {
  const board = [row(1, 0), panel(2, 0, 1, 12, 8), row(3, 9), panel(4, 0, 10, 12, 8)];
  it('that are closed pull up what follows', () => {
    expect(places(layOut(board, none, ({ id }) => id !== 1))).toEqual([
      ['1', 0, 0, 24, 1],
      ['3', 0, 1, 24, 1],
      ['4', 0, 2, 12, 8],
    ]);
  });
  it('that are opened push down what follows', () => {
    const closed = [row(1, 0, { collapsed: true, panels: [panel(2, 0, 1, 12, 8)] }), row(3, 1), panel(4, 0, 2, 12, 8)];
    expect(places(layOut(closed, none, saved))).toEqual([
      ['1', 0, 0, 24, 1],
      ['3', 0, 1, 24, 1],
      ['4', 0, 2, 12, 8],
    ]);
    expect(places(layOut(closed, none, () => true))).toEqual([
      ['1', 0, 0, 24, 1],
      ['2', 0, 1, 12, 8],
      ['3', 0, 9, 24, 1],
      ['4', 0, 10, 12, 8],
    ]);
  });
  it('that are saved closed end with their own panels', () => {
    const closed = [row(1, 0, { collapsed: true, panels: [panel(2, 0, 1, 12, 8)] }), panel(4, 0, 1, 12, 8)];
    expect(places(layOut(closed, none, saved))).toEqual([
      ['1', 0, 0, 24, 1],
      ['4', 0, 1, 12, 8],
    ]);
  });
});

describe('repeats', () => {
  it('stand beside each other, as many in a row as fit evenly', () => {
    const placed = layOut(
      [panel(1, 0, 0, 6, 5, { repeat: 'v' }), panel(2, 0, 5, 24, 2)],
      variables(['a', 'b', 'c', 'd', 'e']),
      saved,
    );
    expect(
      places(placed)
        .slice(0, 5)
        .map(([, x, y, w]) => [x, y, w]),
    ).toEqual([
      [0, 0, 8],
      [8, 0, 8],
      [16, 0, 8],
      [0, 5, 8],
      [8, 5, 8],
    ]);
    expect(placed.at(-1)?.position.y).toBe(10);
    expect(placed.map(({ panel: { repeated } }) => repeated?.[0]?.value).slice(0, 2)).toEqual(['a', 'b']);
    expect(new Set(placed.map(({ key }) => key)).size).toBe(6);
  });
  it('stand one below another with v', () => {
    const placed = layOut([panel(1, 4, 0, 6, 5, { repeat: 'v', repeatDirection: 'v' })], variables(['a', 'b']), saved);
    expect(places(placed)).toEqual([
      ['1', 4, 0, 6, 5],
      ['1-clone-1', 4, 5, 6, 5],
    ]);
  });
  it('of rows take their panels along', () => {
    const placed = layOut([row(1, 0, { repeat: 'v' }), panel(2, 0, 1, 24, 4), row(3, 5)], variables(['a', 'b']), saved);
    expect(placed.map(({ position: { y }, panel: { repeated } }) => [y, repeated?.[0]?.value])).toEqual([
      [0, 'a'],
      [1, 'a'],
      [5, 'b'],
      [6, 'b'],
      [10, undefined],
    ]);
  });
  it('without a value are one', () =>
    expect(layOut([panel(1, 0, 0, 6, 5, { repeat: 'v' })], none, saved)).toHaveLength(1));
});

describe('pixels', () => {
  it('are those of Grafana: 24 columns, rows of 30 px, 8 px between', () => {
    expect(toPixels({ x: 12, y: 1, w: 12, h: 8 }, 1568)).toEqual({ left: 788, top: 38, width: 780, height: 296 });
  });
  it('on a phone are one column', () => {
    const boxes = stacked(layOut([row(1, 0), panel(2, 0, 1, 6, 5), panel(3, 6, 1, 6, 5)], none, saved), 360);
    expect(boxes.map(({ left, top, width }) => [left, top, width])).toEqual([
      [0, 0, 360],
      [0, 38, 360],
      [0, 228, 360],
    ]);
  });
});
