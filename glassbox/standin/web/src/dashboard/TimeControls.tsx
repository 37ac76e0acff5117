import { dateTime, type TimeRange, type TimeZone } from '@grafana/data';
import { RefreshPicker, TimeRangePicker } from '@grafana/ui';
import { useEffect } from 'react';
import { useTexts } from '../app/context';
import { setParameters, usePlace } from '../app/location';
import { durationMs } from '../queries/step';
import { rawText } from './range';
import { useSession } from './session';

const INTERVALS = ['5s', '10s', '30s', '1m', '5m', '15m', '30m', '1h'];

const apply = ({ from, to }: { from: string; to: string }): void => setParameters({ from, to });
const between = (from: number, to: number): void =>
  apply({ from: String(Math.round(from)), to: String(Math.round(to)) });

/** The time range with its ways of moving, and how often the page asks again. */
export function TimeControls({ onRefresh }: { onRefresh: () => void }) {
  const { range, timeZone } = useSession();
  const texts = useTexts();
  const { parameters } = usePlace();
  const refresh = useRefresh(onRefresh);
  const from = range.from.valueOf();
  const to = range.to.valueOf();
  const half = (to - from) / 2;
  return (
    <>
      <TimeRangePicker
        value={range}
        timeZone={timeZone}
        onChange={(chosen: TimeRange) => apply({ from: rawText(chosen.raw.from), to: rawText(chosen.raw.to) })}
        onChangeTimeZone={(zone: TimeZone) => setParameters({ timezone: zone })}
        onMoveBackward={() => between(from - half, to - half)}
        onMoveForward={() => between(from + half, Math.min(to + half, dateTime().valueOf()))}
        onZoom={() => between(from - half, to + half)}
      />
      <RefreshPicker
        value={refresh}
        intervals={INTERVALS}
        tooltip={texts('refresh')}
        onRefresh={onRefresh}
        onIntervalChanged={(interval) =>
          setParameters({ refresh: interval || (parameters.has('refresh') ? '' : undefined) })
        }
        noIntervalPicker={false}
      />
    </>
  );
}

/** Ask again every so often, as the address or the dashboard says; not while the page is hidden. */
function useRefresh(onRefresh: () => void): string {
  const { dashboard } = useSession();
  const { parameters } = usePlace();
  const saved = typeof dashboard.refresh === 'string' ? dashboard.refresh : '';
  const interval = parameters.get('refresh') ?? saved;
  const every = durationMs(interval);
  useEffect(() => {
    if (!every) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && onRefresh(), every);
    return () => clearInterval(timer);
  }, [every, onRefresh]);
  return interval;
}
