// The symbol Node's console uses to print an object, named without importing a node: module.

/** Method key honoured by `util.inspect`. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;
