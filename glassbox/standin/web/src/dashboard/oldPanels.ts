import type { DynamicConfigValue, FieldConfig, FieldConfigSource, ValueMapping } from '@grafana/data';
import type { Panel } from './model';
import { oldMappings } from './oldFields';
import { fromGraph } from './oldGraph';
import { fromSinglestat } from './oldSinglestat';
import { fromFieldOptions } from './oldStat';
import { fromTable, type OldTable } from './oldTable';

/** What Grafana makes of each type on load that it no longer has, whatever else the panel carries. */
const FORMER: Record<string, (panel: Panel) => Panel> = {
  graph: (panel) => fromGraph(panel),
  singlestat: (panel) => fromSinglestat(panel),
  'grafana-singlestat-panel': (panel) => fromSinglestat(panel),
  'table-old': (panel) => fromTable(panel),
};

/** A panel of an earlier version as the one that Grafana itself makes of it on load; others as they are. */
export function modern(panel: Panel): Panel {
  const former = Object.hasOwn(FORMER, panel.type) ? FORMER[panel.type] : undefined;
  if (former) return former(panel);
  const steps = [ofTable, ofFieldOptions, ofText, withoutHiddenLegend, withMappings];
  return steps.reduce((now, step) => step(now), panel);
}

/** Tables of before version 7 had the type of today's. */
function ofTable(panel: Panel): Panel {
  if (panel.type !== 'table') return panel;
  if ((panel as OldTable).styles && !panel.fieldConfig) return fromTable(panel);
  return withFields(panel, cellsOf);
}

const ofFieldOptions = (panel: Panel): Panel =>
  typeof panel.options?.fieldOptions === 'object' && panel.options.fieldOptions ? fromFieldOptions(panel) : panel;

/** Its words stood beside the options before version 7.1. */
function ofText(panel: Panel & { content?: string; mode?: string }): Panel {
  const { type, content, mode, options } = panel;
  return type === 'text' && content !== undefined && options?.content === undefined
    ? { ...panel, options: { content, mode, ...options } }
    : panel;
}

function withoutHiddenLegend(panel: Panel): Panel {
  const legend = panel.options?.legend as { displayMode?: string } | undefined;
  return legend?.displayMode === 'hidden'
    ? { ...panel, options: { ...panel.options, legend: { ...legend, displayMode: 'list', showLegend: false } } }
    : panel;
}

/** Texts for values were written with numbers as their kind before version 8. */
const withMappings = (panel: Panel): Panel =>
  withFields(panel, (property) => {
    const { id, value } = property as { id: string; value: unknown };
    const old = id === 'mappings' && Array.isArray(value) && value.some(({ type }) => typeof type === 'number');
    return old ? [{ ...property, value: value.flatMap(mapped) }] : [property];
  });

interface OldMapping {
  type: unknown;
}

function mapped(mapping: OldMapping): ValueMapping[] {
  if (mapping.type === 1) return oldMappings({ mappingType: 1, valueMaps: [mapping] });
  return mapping.type === 2 ? oldMappings({ mappingType: 2, rangeMaps: [mapping] }) : [mapping as ValueMapping];
}

/** What a table's cells show was called a display mode before version 9.5, and a hidden column was `hidden`. */
function cellsOf(property: DynamicConfigValue): DynamicConfigValue[] {
  if (property.id === 'custom.displayMode')
    return [{ id: 'custom.cellOptions', value: cellOf(String(property.value)) }];
  if (property.id !== 'custom.hidden') return [property];
  return property.value ? [{ id: 'custom.hideFrom', value: { viz: true } }] : [];
}

const GAUGES: Record<string, string> = { basic: 'basic', 'gradient-gauge': 'gradient', 'lcd-gauge': 'lcd' };

function cellOf(displayMode: string): object {
  if (GAUGES[displayMode]) return { type: 'gauge', mode: GAUGES[displayMode] };
  if (displayMode === 'color-background-solid') return { type: 'color-background', mode: 'basic' };
  return displayMode === 'color-background' ? { type: displayMode, mode: 'gradient' } : { type: displayMode };
}

type Change = (property: DynamicConfigValue) => DynamicConfigValue[];

/** The panel with its field settings changed, in the defaults and in each override; the panel itself where nothing is. */
function withFields(panel: Panel, change: Change): Panel {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const { custom = {}, ...plain } = defaults;
  const listed = [...entries(plain), ...entries(custom as object, 'custom.')];
  const changes = (property: DynamicConfigValue): boolean => change(property)[0] !== property;
  const all = [...listed, ...overrides.flatMap(({ properties }) => properties ?? [])];
  if (!all.some(changes)) return panel;
  const fieldConfig: FieldConfigSource = {
    defaults: together(listed.flatMap(change)),
    overrides: overrides.map((rule) => ({ ...rule, properties: (rule.properties ?? []).flatMap(change) })),
  };
  return { ...panel, fieldConfig };
}

const entries = (fields: object, prefix = ''): DynamicConfigValue[] =>
  Object.entries(fields).map(([name, value]) => ({ id: `${prefix}${name}`, value }));

function together(properties: DynamicConfigValue[]): FieldConfig {
  const of = (isCustom: boolean) =>
    Object.fromEntries(
      properties
        .filter(({ id }) => id.startsWith('custom.') === isCustom)
        .map(({ id, value }) => [id.replace('custom.', ''), value]),
    );
  return { ...of(false), custom: of(true) };
}
