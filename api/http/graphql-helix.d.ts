/** The package's own types are not found by `moduleResolution: bundler`; these are the parts used here. */
declare module 'graphql-helix' {
  import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql'

  export function processRequest<Context>(options: {
    readonly schema: GraphQLSchema
    readonly query: string
    readonly variables: Readonly<Record<string, unknown>> | undefined
    readonly operationName: string | undefined
    readonly request: { readonly headers: Readonly<Record<string, string>>; readonly method: string; readonly query: object }
    readonly parse: () => DocumentNode
    readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[]
    readonly contextFactory: (execution: { readonly operation: OperationDefinitionNode }) => Context
    readonly formatPayload: (params: { readonly payload: ExecutionResult }) => ExecutionResult
  }): Promise<{ readonly type: string; readonly status: number; readonly payload: ExecutionResult }>

  export function renderGraphiQL(options: { readonly endpoint: string; readonly defaultQuery: string }): string
}
