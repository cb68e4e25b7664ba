/** Assigns ids to schemas. `EmbeddedRegistry` runs in the process, `ConfluentRegistry` is the client of a server. */
export interface SchemaRegistry {
  /** Returns the schema's id; registering the same schema again returns the same id. Throws `IncompatibleSchemaError`, `RegistryUnreachableError`. */
  register(subject: string, schema: string): Promise<number>
  /** The schema with that id. Throws `UnknownSchemaError`, `RegistryUnreachableError`. */
  schema(id: number): Promise<string>
}

/** The new version cannot read what the latest one wrote; the message says why. */
export class IncompatibleSchemaError extends Error {
  readonly code = 'SCHEMA_INCOMPATIBLE'
}

/** No schema has this id. */
export class UnknownSchemaError extends Error {
  readonly code = 'SCHEMA_UNKNOWN'
}

/** The registry did not answer; a retry may succeed. */
export class RegistryUnreachableError extends Error {
  readonly code = 'REGISTRY_UNREACHABLE'
}
