import type { InterpolateFunction, ScopedVars } from '@grafana/data';
import { dataMacro } from './dataMacros';
import { format } from './formats';
import { asGlob, interpolate, type Lookup, type Writer } from './interpolate';

/** The function that @grafana/data calls for titles, links and display names. */
export function replacer(lookup: Lookup): InterpolateFunction {
  return (text, scoped, option) => {
    const write: Writer = typeof option === 'string' ? (known) => format(known, option) : asGlob;
    return interpolate(
      text ?? '',
      (name, path) => scopedValue(name, scoped) ?? dataMacro(name, path, scoped) ?? lookup(name, path),
      write,
    );
  };
}

function scopedValue(name: string, scoped: ScopedVars | undefined) {
  if (!scoped || name === '__dataContext' || !Object.hasOwn(scoped, name)) return undefined;
  const { value, text } = scoped[name] ?? {};
  if (typeof value === 'object') return undefined;
  return { name, value: String(value), text: String(text ?? value) };
}
