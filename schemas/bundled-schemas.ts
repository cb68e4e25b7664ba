import { SCHEMAS, type Records } from './generated/records.ts'

export type RecordName = keyof Records

/** The subjects that a record's schema is registered under. */
export type SubjectsOf = (name: RecordName, fullName: string) => readonly string[]

export interface SubjectSchema {
  readonly subject: string
  readonly record: RecordName
  readonly schema: string
}

export const RECORD_NAMES = Object.keys(SCHEMAS) as readonly RecordName[]

/** A subject for each record, called by its full name. */
export const byFullName: SubjectsOf = (_, fullName) => [fullName]

/** What this version registers, or has registered. */
export function bundledSchemas(subjectsOf: SubjectsOf = byFullName): readonly SubjectSchema[] {
  return RECORD_NAMES.flatMap((record) => {
    const schema = SCHEMAS[record]
    const { namespace, name } = JSON.parse(schema) as { readonly namespace: string; readonly name: string }
    return subjectsOf(record, `${namespace}.${name}`).map((subject) => ({ subject, record, schema }))
  })
}
