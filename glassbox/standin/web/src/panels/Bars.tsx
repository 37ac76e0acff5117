import type { Field, GrafanaTheme2, LinkModel } from '@grafana/data';
import { DataLinksContextMenu, Tooltip } from '@grafana/ui';
import type { MouseEventHandler } from 'react';
import { niceTop } from './axis';

export interface BarSeries {
  name: string;
  color: string;
  values: (number | null)[];
  /** The data links of the bar of a category, where the series has any. */
  links?: (category: number) => LinkModel<Field>[];
}

interface BarsProps {
  categories: string[];
  series: BarSeries[];
  stacked: boolean;
  width: number;
  height: number;
  theme: GrafanaTheme2;
  /** Share of a category's room that its bars take. */
  groupWidth: number;
  fillOpacity: number;
  format: (value: number) => string;
}

const AXIS = { left: 60, bottom: 20, top: 8 };
const LABEL_PX = 70;
const TICKS = 4;

/** Upright bars over categories, side by side or stacked. By hand: @grafana/ui has no bar chart. */
export function Bars(props: BarsProps) {
  const { categories, series, stacked, width, height, theme, groupWidth, fillOpacity, format } = props;
  const inner = { width: Math.max(0, width - AXIS.left), height: Math.max(0, height - AXIS.bottom - AXIS.top) };
  const totals = categories.map((_, index) => series.map(({ values }) => Math.max(0, values[index] ?? 0)));
  const most = niceTop(
    Math.max(
      0,
      ...totals.map((values) => (stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values))),
    ),
  );
  const y = (value: number): number => AXIS.top + inner.height * (1 - value / most);
  const room = inner.width / Math.max(1, categories.length);
  const every = Math.ceil(LABEL_PX / Math.max(1, room));
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => (most * index) / TICKS);
  return (
    <svg
      width={width}
      height={height}
      fontSize={12}
      fill={theme.colors.text.primary}
      role="img"
      aria-label={series.map(({ name }) => name).join(', ')}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={AXIS.left} x2={width} y1={y(tick)} y2={y(tick)} stroke={theme.colors.border.weak} />
          <text x={AXIS.left - 6} y={y(tick) + 4} textAnchor="end">
            {format(tick)}
          </text>
        </g>
      ))}
      {categories.map((category, index) => {
        const left = AXIS.left + index * room + (room * (1 - groupWidth)) / 2;
        const wide = (room * groupWidth) / (stacked ? 1 : Math.max(1, series.length));
        let below = 0;
        return (
          // Categories may have equal names
          <g key={index}>
            {series.map(({ name, color, values, links }, place) => {
              const value = values[index];
              if (value === null || value === undefined || Number.isNaN(value)) return null;
              const base = stacked ? below : 0;
              below += Math.max(0, value);
              const bar = (onClick?: MouseEventHandler) => (
                <Tooltip key={name} content={`${category} · ${name}: ${format(value)}`}>
                  <rect
                    x={left + (stacked ? 0 : place * wide)}
                    y={y(base + Math.max(0, value))}
                    width={Math.max(1, wide - 1)}
                    height={Math.max(0, y(base) - y(base + Math.max(0, value)))}
                    fill={color}
                    fillOpacity={fillOpacity / 100}
                    stroke={color}
                    cursor={links ? 'pointer' : undefined}
                    onClick={onClick}
                  />
                </Tooltip>
              );
              if (!links) return bar();
              return (
                <DataLinksContextMenu key={name} links={() => links(index)}>
                  {({ openMenu }) => bar(openMenu as MouseEventHandler | undefined)}
                </DataLinksContextMenu>
              );
            })}
            {index % every === 0 && (
              <text x={AXIS.left + (index + 0.5) * room} y={height - 5} textAnchor="middle">
                {category}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
