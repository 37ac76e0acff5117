import { Badge, type BadgeColor } from '@grafana/ui';
import type { Rule } from '../api/prometheus';
import { useTexts } from '../app/context';

const COLORS: Record<string, BadgeColor> = { firing: 'red', pending: 'orange', inactive: 'green', unknown: 'blue' };

/** The state of a rule as a coloured word. */
export function AlertState({ state = 'unknown' }: { state?: Rule['state'] | 'unknown' }) {
  const texts = useTexts();
  return (
    <Badge style={{ minWidth: 72, justifyContent: 'center' }} text={texts(state)} color={COLORS[state] ?? 'blue'} />
  );
}
