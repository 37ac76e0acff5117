/** How wide a step is, in milliseconds; what Grafana rounds raw widths to: below the first, the second. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const LADDER: [below: number, width: number][] = [
  [10, 1],
  [15, 10],
  [35, 20],
  [75, 50],
  [150, 100],
  [350, 200],
  [750, 500],
  [1.5 * SECOND, SECOND],
  [3.5 * SECOND, 2 * SECOND],
  [7.5 * SECOND, 5 * SECOND],
  [12.5 * SECOND, 10 * SECOND],
  [17.5 * SECOND, 15 * SECOND],
  [25 * SECOND, 20 * SECOND],
  [45 * SECOND, 30 * SECOND],
  [1.5 * MINUTE, MINUTE],
  [3.5 * MINUTE, 2 * MINUTE],
  [7.5 * MINUTE, 5 * MINUTE],
  [12.5 * MINUTE, 10 * MINUTE],
  [17.5 * MINUTE, 15 * MINUTE],
  [25 * MINUTE, 20 * MINUTE],
  [45 * MINUTE, 30 * MINUTE],
  [1.5 * HOUR, HOUR],
  [2.5 * HOUR, 2 * HOUR],
  [4.5 * HOUR, 3 * HOUR],
  [9 * HOUR, 6 * HOUR],
  [DAY, 12 * HOUR],
  [WEEK, DAY],
  [3 * WEEK, WEEK],
  [6 * WEEK, 30 * DAY],
];
const YEAR = 365 * DAY;

/** The most points that Prometheus returns for one series. */
const MAX_POINTS = 11_000;
const SERVER_POINTS = 1500;
/** Without a scrape interval in the data source's settings. */
export const DEFAULT_SCRAPE_MS = 15 * SECOND;

/** The browser rounds with "<", the server with "<=": they differ exactly on a limit. */
export function roundInterval(rawMs: number, onLimit: 'up' | 'down' = 'up'): number {
  const step = LADDER.find(([below]) => rawMs < below || (onLimit === 'down' && rawMs === below));
  return step ? step[1] : YEAR;
}

/** The interval that Grafana's browser part sends along: at least `lowMs`, and no more points than the panel has pixels. */
export function browserIntervalMs(rangeMs: number, maxDataPoints: number, lowMs: number): number {
  return Math.max(roundInterval(rangeMs / maxDataPoints), lowMs);
}

export interface StepInput {
  rangeMs: number;
  maxDataPoints: number;
  /** What the browser part computed. */
  intervalMs: number;
  /** The data source's scrape interval. */
  scrapeMs: number;
  /** The query's own "Min step", if it has one. */
  minStep?: string;
  intervalFactor?: number;
}

export interface Step {
  stepMs: number;
  rateIntervalMs: number;
}

/**
 * The step of a range query and its `$__rate_interval` = max(interval + scrape interval, 4 x scrape interval).
 * Source: Grafana's Prometheus documentation, "Using interval and range variables" and "Min step".
 */
export function queryStep(input: StepInput): Step {
  const { rangeMs, scrapeMs, intervalMs, minStep = '' } = input;
  const ownMs = durationMs(minStep);
  const lowest = ownMs ?? (intervalMs || scrapeMs);
  const raw = rangeMs / (input.maxDataPoints || SERVER_POINTS);
  const calculated = raw < lowest ? lowest : roundInterval(raw, 'down');
  const safe = roundInterval(rangeMs / MAX_POINTS, 'down');
  const stepMs = Math.max(calculated, safe);
  const rateOf = (interval: number, scrape: number): number => Math.max(interval + scrape, 4 * scrape);
  return {
    stepMs: isRateInterval(minStep) ? rateOf(stepMs, scrapeMs) : stepMs * (input.intervalFactor ?? 1),
    rateIntervalMs: rateOf(intervalMs || stepMs, ownMs ?? scrapeMs),
  };
}

const isRateInterval = (text: string): boolean => /^\$(__rate_interval|\{__rate_interval\})$/.test(text.trim());

const UNITS: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: WEEK, M: 30 * DAY, y: YEAR };

/** `15s`, `1m30s`, `>10s`, a bare number in seconds; undefined for anything else, variables included. */
export function durationMs(text: string): number | undefined {
  const bare = text.trim().replace(/^>/, '');
  if (/^\d+(\.\d+)?$/.test(bare)) return Number(bare) * SECOND;
  if (!/^(\d+(ms|[smhdwMy]))+$/.test(bare)) return undefined;
  return [...bare.matchAll(/(\d+)(ms|[smhdwMy])/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}

/** The text of `$__interval`: the largest unit that is whole, cut: 90 s are `1m`. */
export function intervalText(ms: number): string {
  for (const [unit, width] of [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
  ] as const) {
    if (ms >= width) return `${Math.floor(ms / width)}${unit}`;
  }
  return `${ms}ms`;
}

/** The text of `$__rate_interval`, as Go writes durations: `1m0s`, `2m15s`. */
export function goDuration(ms: number): string {
  const seconds = ms / SECOND;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  return hours ? `${hours}h${minutes}m${rest}` : minutes ? `${minutes}m${rest}` : rest;
}
