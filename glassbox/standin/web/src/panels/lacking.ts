import type { Panel } from '../dashboard/model';
import { isExpression } from '../variables/sources';

/** What a panel of a type that is drawn asks for and is not drawn. */
export function lackingIn({ type, options, targets = [], datasource }: Panel): string | undefined {
  if (targets.some((target) => !target.hide && isExpression(target.datasource ?? datasource)))
    return `${type} (server-side expressions)`;
  return type === 'heatmap' && options?.calculate ? 'heatmap (options.calculate)' : undefined;
}
