import {
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  type Field,
  FieldConfigOptionsRegistry,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- @grafana/data declares its items for any value and settings
type Item = FieldConfigPropertyItem<any, any, any>;
type Process = Item['process'];

const always = (): boolean => true;
const onNumbers = (field: Field): boolean => field.type === FieldType.number;

function item(
  id: string,
  process: Process,
  shouldApply: (field: Field) => boolean = always,
  settings = {},
  path = id,
  isCustom = false,
): Item {
  const nothing = (): null => null;
  return {
    id,
    path,
    name: id,
    process,
    shouldApply,
    settings,
    isCustom,
    editor: nothing,
    override: nothing,
    getItemsCount: () => 0,
  };
}

/** The standard field properties, and how @grafana/data processes each. */
const STANDARD: Item[] = [
  item('displayName', displayNameOverrideProcessor, always, { expandTemplateVars: true }),
  item('unit', unitOverrideProcessor),
  item('min', numberOverrideProcessor, onNumbers),
  item('max', numberOverrideProcessor, onNumbers),
  item('fieldMinMax', booleanOverrideProcessor, onNumbers),
  item('decimals', numberOverrideProcessor, onNumbers, { min: 0, max: 15, integer: true }),
  item('thresholds', thresholdsOverrideProcessor),
  item('mappings', valueMappingsOverrideProcessor),
  item('noValue', stringOverrideProcessor),
  item('links', dataLinksOverrideProcessor),
  item('color', identityOverrideProcessor),
  item('description', stringOverrideProcessor),
  item('filterable', booleanOverrideProcessor),
];

/** The standard properties and each `custom.*` that a panel's defaults or overrides carry. */
export function registryFor({ defaults, overrides }: FieldConfigSource): FieldConfigOptionsRegistry {
  const registry = new FieldConfigOptionsRegistry();
  for (const standard of STANDARD) registry.register(standard);
  const named = Object.keys(defaults.custom ?? {}).map((key) => `custom.${key}`);
  const overridden = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  for (const id of new Set([...named, ...overridden.filter((id) => id.startsWith('custom.'))])) {
    registry.register(item(id, identityOverrideProcessor, always, {}, id.slice('custom.'.length), true));
  }
  return registry;
}
