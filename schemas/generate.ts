import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
export const GENERATED_FILE = join(here, 'generated', 'records.ts')

interface Field {
  readonly name: string
  readonly doc?: string
  readonly type: Schema
}

interface Named {
  readonly name: string
  readonly namespace?: string
  readonly doc?: string
}

type Schema =
  | string
  | readonly Schema[]
  | { readonly type: 'long'; readonly logicalType: 'timestamp-millis' }
  | (Named & { readonly type: 'enum'; readonly symbols: readonly string[] })
  | { readonly type: 'array'; readonly items: Schema }
  | RecordSchema

type RecordSchema = Named & { readonly type: 'record'; readonly fields: readonly Field[] }

/** The content of `generated/records.ts`: the record types and the schemas as values, from the `.avsc` files. */
export function generate(): string {
  const folders = readdirSync(join(here, 'avsc')).sort()
  const groups = folders.map((folder) => ({
    folder,
    records: readdirSync(join(here, 'avsc', folder))
      .sort()
      .map((file) => JSON.parse(readFileSync(join(here, 'avsc', folder, file), 'utf8')) as RecordSchema),
  }))
  const declared = new Map<string, string>()
  for (const { records } of groups) for (const record of records) declare(record, declared, true)
  const unions = groups.map(({ folder, records }) => `export type ${capital(folder)} = ${records.map(({ name }) => name).join(' | ')}\n`)
  const all = groups.flatMap(({ records }) => records)
  return [
    '/** Made by `npm run generate` from the `.avsc` files; change those instead. */\n',
    ...declared.values(),
    ...unions,
    `/** Every record type by its name. */\nexport interface Records {\n${all.map(({ name }) => `  readonly ${name}: ${name}\n`).join('')}}\n`,
    `/** The schemas of this version, by the name of the record. */\nexport const SCHEMAS: { readonly [Name in keyof Records]: string } = {\n${all
      .map((record) => `  ${record.name}: ${quoted(JSON.stringify(record))},\n`)
      .join('')}}\n`,
  ].join('\n')
}

function declare(schema: RecordSchema, declared: Map<string, string>, isTopLevel: boolean): void {
  for (const { type } of schema.fields) declareInner(type, declared)
  const fields = schema.fields.map(
    ({ name, doc, type }) => `${doc === undefined ? '' : `  /** ${doc} */\n`}  readonly ${name}: ${typeOf(type)}\n`,
  )
  const tag = isTopLevel ? `  readonly type: '${schema.name}'\n` : ''
  declared.set(
    schema.name,
    `${schema.doc === undefined ? '' : `/** ${schema.doc} */\n`}export interface ${schema.name} {\n${tag}${fields.join('')}}\n`,
  )
}

function declareInner(schema: Schema, declared: Map<string, string>): void {
  if (typeof schema === 'string') return
  if (isUnion(schema)) schema.forEach((branch) => declareInner(branch, declared))
  else if (schema.type === 'record') declare(schema, declared, false)
  else if (schema.type === 'array') declareInner(schema.items, declared)
  else if (schema.type === 'enum') declared.set(schema.name, `export type ${schema.name} = ${schema.symbols.map(quoted).join(' | ')}\n`)
}

function typeOf(schema: Schema): string {
  if (isUnion(schema)) return schema.map(typeOf).join(' | ')
  if (typeof schema !== 'string') {
    if (schema.type === 'long') return 'number'
    return schema.type === 'array' ? `readonly ${typeOf(schema.items)}[]` : schema.name
  }
  const known: { readonly [name: string]: string } = { string: 'string', long: 'bigint', int: 'number', boolean: 'boolean', null: 'null' }
  return known[schema] ?? schema.slice(schema.lastIndexOf('.') + 1)
}

function isUnion(schema: Schema): schema is readonly Schema[] {
  return Array.isArray(schema)
}

function capital(text: string): string {
  const singular = text.replace(/s$/, '')
  return singular.charAt(0).toUpperCase() + singular.slice(1)
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(GENERATED_FILE, generate())
