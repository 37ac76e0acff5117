import {
  type DataFrame,
  type Field,
  formatLabels,
  formattedValueToString,
  getFieldDisplayName,
  getFieldDisplayValuesProxy,
  type ScopedVars,
} from '@grafana/data';
import type { Known } from './formats';

interface DataContext {
  data: DataFrame[];
  frame: DataFrame;
  field: Field;
  rowIndex?: number;
  calculatedValue?: { numeric: number; text: string; prefix?: string; suffix?: string; title?: string };
}

/** `${__value.raw}`, `${__data.fields["Name"].text}`, `${__field.labels.job}`, `${__series.name}` of the value that a link or title belongs to. */
export function dataMacro(name: string, path: string | undefined, scoped: ScopedVars | undefined): Known | undefined {
  const context = scoped?.__dataContext?.value as DataContext | undefined;
  if (!context || !/^__(value|data|field|series)$/.test(name)) return undefined;
  const keys = [...(path ?? '').matchAll(/\.([^.[\]]+)|\["([^"]*)"\]|\[(\d+)\]/g)].map(
    (m) => m[1] ?? m[2] ?? m[3] ?? '',
  );
  const value = read(name, keys, context);
  return value === undefined ? undefined : { name, value, text: value };
}

function read(name: string, keys: string[], context: DataContext): string | undefined {
  const { frame, field, data } = context;
  if (name === '__value') return shownValue(keys[0] ?? 'text', context);
  if (name === '__data') return cell(keys.slice(1), context);
  if (name === '__series') return frame.name ?? getFieldDisplayName(field, frame, data);
  if (keys[0] === 'labels')
    return keys[1] === undefined ? formatLabels(field.labels ?? {}, '', true) : own(field.labels, keys[1]);
  return keys[0] === 'name' ? field.name : getFieldDisplayName(field, frame, data);
}

const own = (labels: Record<string, string> | undefined, key: string): string =>
  labels && Object.hasOwn(labels, key) ? (labels[key] ?? '') : '';

function shownValue(kind: string, { frame, field, rowIndex, calculatedValue }: DataContext): string {
  const raw: unknown = rowIndex === undefined ? calculatedValue?.numeric : field.values[rowIndex];
  if (kind === 'time') return String(frame.fields.find(({ type }) => type === 'time')?.values[rowIndex ?? 0] ?? '');
  if (kind === 'calc') return calculatedValue?.title ?? '';
  if (kind === 'raw') return String(raw ?? '');
  const shown = calculatedValue ?? field.display?.(raw);
  if (kind === 'numeric') return String(shown?.numeric ?? '');
  return shown ? formattedValueToString(shown) : String(raw ?? '');
}

/** `fields.Name`, `fields["Name"]`, `fields[0]`, each with `.text` or `.numeric` behind it. */
function cell(keys: string[], { frame, rowIndex }: DataContext): string | undefined {
  if (rowIndex === undefined) return undefined;
  const [column = '', kind = 'text'] = keys;
  const named = frame.fields.find((field) => getFieldDisplayName(field, frame) === column);
  const shown = named?.display?.(named.values[rowIndex]) ?? getFieldDisplayValuesProxy({ frame, rowIndex })[column];
  if (!shown) return undefined;
  return kind === 'numeric' ? String(shown.numeric) : formattedValueToString(shown);
}
