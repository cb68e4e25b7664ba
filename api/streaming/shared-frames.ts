import type { OperationDefinitionNode } from 'graphql'

/**
 * Frames by value and operation. All subscribers get the same object for a row, and all pages send the same document, so that a row is
 * serialized once for all of them. A frame is collected together with its value.
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
