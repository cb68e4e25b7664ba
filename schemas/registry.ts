/** Where schemas get their ids. The embedded registry is one; a Confluent-compatible server behind a client is another. */
export interface SchemaRegistry {
  /** Answers with the id; the same schema again gets the same one. Throws `IncompatibleSchemaError`, `RegistryUnreachableError`. */
  register(subject: string, schema: string): Promise<number>
  /** The schema with that id. Throws `UnknownSchemaError`, `RegistryUnreachableError`. */
  schema(id: number): Promise<string>
}

/** The new version could not read what the latest one wrote; the message says why. */
export class IncompatibleSchemaError extends Error {
  readonly code = 'SCHEMA_INCOMPATIBLE'
}

/** No schema has this id. */
export class UnknownSchemaError extends Error {
  readonly code = 'SCHEMA_UNKNOWN'
}

/** The registry gave no answer: it may give one later. */
export class RegistryUnreachableError extends Error {
  readonly code = 'REGISTRY_UNREACHABLE'
}
