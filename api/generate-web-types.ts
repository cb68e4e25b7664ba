import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Kind, parse } from 'graphql'
import type {
  EnumTypeDefinitionNode,
  FieldDefinitionNode,
  InputObjectTypeDefinitionNode,
  InputValueDefinitionNode,
  ObjectTypeDefinitionNode,
  TypeNode,
} from 'graphql'

export const SCHEMA_FILE = fileURLToPath(new URL('./schema.graphql', import.meta.url))
export const WEB_TYPES_FILE = fileURLToPath(new URL('../web/src/lib/generated/graphql.ts', import.meta.url))

/** Amounts are decimal strings, because JSON numbers are exact only up to 2^53; times are milliseconds since the epoch. */
const SCALARS: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  Cents: 'string',
  Timestamp: 'number',
}
const ROOTS = ['Query', 'Mutation', 'Subscription']

/**
 * The text of `web/src/lib/generated/graphql.ts`: the page's types and documents, from `api/schema.graphql`. Each root field gets the
 * types of its arguments and its result, and one document that selects every field below it, so that a result's type never has a field
 * that was not selected. To write it, run `npx tsx api/generate-web-types.ts`; a test checks that the file is current. Throws for an
 * unknown type and for types that contain each other.
 */
export function generateWebTypes(schema: string): string {
  const types = readTypes(schema)
  const objects = [...types.objects.values()].filter(({ name }) => !ROOTS.includes(name.value))
  const roots = ROOTS.flatMap((name) => types.objects.get(name) ?? [])
  return [
    '/** Generated from api/schema.graphql by api/generate-web-types.ts: do not edit. */',
    ...[...types.enums.values()].map(enumType),
    ...objects.map((type) => objectType(type, types)),
    ...[...types.inputs.values()].map((type) => inputType(type, types)),
    operationTypes(roots, types),
    documents(roots, types),
    '',
  ].join('\n')
}

interface Types {
  readonly objects: ReadonlyMap<string, ObjectTypeDefinitionNode>
  readonly inputs: ReadonlyMap<string, InputObjectTypeDefinitionNode>
  readonly enums: ReadonlyMap<string, EnumTypeDefinitionNode>
}

function readTypes(schema: string): Types {
  const objects = new Map<string, ObjectTypeDefinitionNode>()
  const inputs = new Map<string, InputObjectTypeDefinitionNode>()
  const enums = new Map<string, EnumTypeDefinitionNode>()
  for (const node of parse(schema).definitions) {
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION) objects.set(node.name.value, node)
    else if (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) inputs.set(node.name.value, node)
    else if (node.kind === Kind.ENUM_TYPE_DEFINITION) enums.set(node.name.value, node)
    else if (node.kind !== Kind.SCALAR_TYPE_DEFINITION)
      throw new Error(`Cannot generate the page's types: the schema has a ${node.kind}, which is not supported here.`)
  }
  return { objects, inputs, enums }
}

function enumType({ name, values = [] }: EnumTypeDefinitionNode): string {
  return `export type ${name.value} = ${values.map((value) => `'${value.name.value}'`).join(' | ')}`
}

function objectType({ name, fields = [] }: ObjectTypeDefinitionNode, types: Types): string {
  return block(
    `export type ${name.value} = `,
    fields.map((field) => `readonly ${field.name.value}: ${typeName(field.type, types)}`),
  )
}

function inputType({ name, fields = [] }: InputObjectTypeDefinitionNode, types: Types): string {
  return block(`export type ${name.value} = `, inputFields(fields, types))
}

function operationTypes(roots: readonly ObjectTypeDefinitionNode[], types: Types): string {
  const lines = roots.map(({ name, fields = [] }) =>
    block(
      `readonly ${name.value.toLowerCase()}: `,
      fields.map((field) => {
        const args = inputFields(field.arguments ?? [], types)
        const argsType = args.length === 0 ? 'Record<string, never>' : `{ ${args.join('; ')} }`
        return `readonly ${field.name.value}: { readonly args: ${argsType}; readonly result: ${typeName(field.type, types)} }`
      }),
    ),
  )
  return block('export type Operations = ', lines)
}

function documents(roots: readonly ObjectTypeDefinitionNode[], types: Types): string {
  const parts = roots.map(({ name, fields = [] }) => {
    const operation = name.value.toLowerCase()
    const lines = fields.map((field) => `${field.name.value}: '${documentOf(operation, field, types)}',`)
    return `${block(`${operation}: `, lines)},`
  })
  return `${block('export const documents = ', parts)} as const`
}

function documentOf(operation: string, field: FieldDefinitionNode, types: Types): string {
  const args = field.arguments ?? []
  const variables = args.map((arg) => `$${arg.name.value}: ${schemaType(arg.type)}`).join(', ')
  const call = args.map((arg) => `${arg.name.value}: $${arg.name.value}`).join(', ')
  const selection = selectionOf(field.type, types, [])
  return `${operation}${variables && `(${variables})`} { ${field.name.value}${call && `(${call})`}${selection} }`
}

function selectionOf(type: TypeNode, types: Types, above: readonly string[]): string {
  const name = namedType(type)
  const object = types.objects.get(name)
  if (object === undefined) return ''
  if (above.includes(name)) throw new Error(`${[...above, name].join(' > ')} contains itself, so no document can select all of its fields.`)
  const fields = (object.fields ?? []).map((field) => `${field.name.value}${selectionOf(field.type, types, [...above, name])}`)
  return ` { ${fields.join(' ')} }`
}

function inputFields(fields: readonly InputValueDefinitionNode[], types: Types): readonly string[] {
  return fields.map(({ name, type, defaultValue }) => {
    const optional = type.kind !== Kind.NON_NULL_TYPE || defaultValue !== undefined
    return `readonly ${name.value}${optional ? '?' : ''}: ${typeName(type, types)}`
  })
}

function typeName(type: TypeNode, types: Types): string {
  if (type.kind === Kind.NON_NULL_TYPE) return bareTypeName(type.type, types)
  return `${bareTypeName(type, types)} | null`
}

function bareTypeName(type: Exclude<TypeNode, { kind: Kind.NON_NULL_TYPE }>, types: Types): string {
  if (type.kind === Kind.LIST_TYPE) return `ReadonlyArray<${typeName(type.type, types)}>`
  const name = type.name.value
  const typescriptName = SCALARS[name] ?? (types.objects.has(name) || types.inputs.has(name) || types.enums.has(name) ? name : undefined)
  if (typescriptName === undefined) throw new Error(`The schema uses the type ${name}, which it does not define.`)
  return typescriptName
}

function schemaType(type: TypeNode): string {
  if (type.kind === Kind.NON_NULL_TYPE) return `${schemaType(type.type)}!`
  return type.kind === Kind.LIST_TYPE ? `[${schemaType(type.type)}]` : type.name.value
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}

function block(head: string, lines: readonly string[]): string {
  return `${head}{\n${lines.map((line) => line.replace(/^/gm, '  ')).join('\n')}\n}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(WEB_TYPES_FILE, generateWebTypes(readFileSync(SCHEMA_FILE, 'utf8')))
