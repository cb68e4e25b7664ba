import type { OperationDefinitionNode } from 'graphql'

/**
 * Frames by the value they show and the operation that asked for it. All subscribers of a row hold the same object, and all pages send
 * the same document, so a row is turned into text once, however many watch it. Values that nobody holds any more take their frames along.
 */
export class SharedFrames {
  readonly #frames = new WeakMap<object, Map<OperationDefinitionNode, Promise<Buffer>>>()

  get(value: object, operation: OperationDefinitionNode, make: () => Promise<Buffer>): Promise<Buffer> {
    const frames = this.#frames.get(value) ?? new Map<OperationDefinitionNode, Promise<Buffer>>()
    this.#frames.set(value, frames)
    const frame = frames.get(operation) ?? make()
    frames.set(operation, frame)
    return frame
  }
}
