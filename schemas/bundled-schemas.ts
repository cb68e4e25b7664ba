import { SCHEMAS, type Records } from './generated/records.ts'

export type RecordName = keyof Records

/** The subjects that a record's schema is registered under. */
export type SubjectsOf = (name: RecordName, fullName: string) => readonly string[]

export interface SubjectSchema {
  readonly subject: string
  readonly record: RecordName
  readonly schema: string
}

/** Every record of the bank. */
export const RECORD_NAMES = Object.keys(SCHEMAS) as readonly RecordName[]

/** One subject per record, named after the record's full name. */
export const byFullName: SubjectsOf = (_, fullName) => [fullName]

/** The schemas that this version needs in the registry. */
export function bundledSchemas(subjectsOf: SubjectsOf = byFullName): readonly SubjectSchema[] {
  return RECORD_NAMES.flatMap((record) => {
    const schema = SCHEMAS[record]
    const { namespace, name } = JSON.parse(schema) as { readonly namespace: string; readonly name: string }
    return subjectsOf(record, `${namespace}.${name}`).map((subject) => ({ subject, record, schema }))
  })
}
