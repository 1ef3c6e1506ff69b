export { into, sortByText, Changes, type KeyedStore } from './into.ts';
export { isAccountedByStore, tumblingWindow, type TumblingWindowOptions } from './tumbling-window.ts';
export { write, writeRows, type WindowVisitor } from './write.ts';
