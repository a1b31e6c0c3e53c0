/** Types of the vendored bundle, as far as the page needs them. Only the type check reads them. */
export interface Signal<T> { value: T; peek(): T; subscribe(run: (value: T) => void): () => void }
export function signal<T>(value: T): Signal<T>;
export function computed<T>(compute: () => T): Signal<T>;
export function effect(run: () => void | (() => void)): () => void;
export function batch<T>(run: () => T): T;
export function untracked<T>(run: () => T): T;
export function useSignal<T = any>(value: T): Signal<any>;
export function useComputed<T>(compute: () => T): Signal<T>;
export function useSignalEffect(run: () => void | (() => void)): void;
export function useState<T = any>(value: T | (() => T)): [T, (next: T | ((old: T) => T)) => void];
export function useRef<T = any>(value: T): { current: T };
export function useMemo<T>(make: () => T, inputs: readonly any[]): T;
export function useCallback<T>(run: T, inputs: readonly any[]): T;
export function useEffect(run: () => any, inputs?: readonly any[]): void;
export function useLayoutEffect(run: () => any, inputs?: readonly any[]): void;
export function html(texts: TemplateStringsArray, ...values: any[]): any;
export function h(...values: any[]): any;
/** Hooks of the library; `debounceRendering` decides when changes are drawn. */
export const options: { debounceRendering?: (process: () => void) => void };
export function render(content: any, parent: Element | null): void;
export function createContext(value: any): any;
export function createRef(): { current: any };
export function cloneElement(...values: any[]): any;
export const Fragment: any;
export class Component<P = any, S = any> { props: P; state: S; setState(next: any): void; forceUpdate(): void }
