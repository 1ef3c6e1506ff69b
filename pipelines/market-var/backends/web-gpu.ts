/** WebGPU in Node: gpu.js looks for it where a browser has it. */
import { createRequire } from 'node:module';
import { VarError } from '../../../domain/var/types.ts';

interface Adapter {
  readonly info: { readonly vendor: string; readonly architecture: string; readonly device: string; readonly description: string };
  readonly isFallbackAdapter?: boolean;
  readonly requestDevice: (wanted?: object) => Promise<object>;
}
interface Gpu { readonly requestAdapter: (wanted?: object) => Promise<Adapter | null> }

export interface WebGpu {
  /** What it calls itself. */
  readonly adapter: string;
  readonly isSoftware: boolean;
  /** Lets go of the device; the process could not end before. */
  readonly close: () => Promise<void>;
}

/** gpu.js keeps one device for all its kernels, and ends it by this alone. */
const { WebGPUContext } = createRequire(import.meta.url)('gpu.js/src/backend/web-gpu/context.js') as { readonly WebGPUContext: { destroy(): Promise<void> } };

/** Implementations that compute on the CPU, by names that they give themselves. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|softpipe|software|basic render|\bcpu\b/i;

const failed = (why: string, cause?: unknown): VarError => new VarError('backend_failed', `no GPU answers to WebGPU: ${why}`, { cause });

/** The adapter, as gpu.js asks it: it sets a handler on its device that the library (webgpu 0.2.9) has not implemented, and to set it would throw. */
const settable = (adapter: Adapter): Pick<Adapter, 'requestDevice'> & { readonly limits: unknown } => ({
  limits: (adapter as Adapter & { readonly limits: unknown }).limits,
  requestDevice: async (wanted) => Object.defineProperty(await adapter.requestDevice(wanted), 'onuncapturederror', { value: null, writable: true }),
});

/** Puts `navigator.gpu` where gpu.js looks for it. Rejects with a VarError `backend_failed` where the library cannot be loaded or no adapter answers. */
export const openWebGpu = async (): Promise<WebGpu> => {
  const gpu = await loaded(), adapter = await gpu.requestAdapter();
  if (adapter === null) throw failed('no adapter is there; is a Vulkan driver installed?');
  const { vendor, architecture, device, description } = adapter.info, isFallback = adapter.isFallbackAdapter === true, before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: { requestAdapter: async () => settable((await gpu.requestAdapter())!) } }, configurable: true });
  return {
    adapter: description || device || `${vendor} ${architecture}`,
    isSoftware: isFallback || SOFTWARE.test([vendor, architecture, device, description].join(' ')),
    close: closer(before),
  };
};

const loaded = async (): Promise<Gpu> => {
  try {
    const { create } = await import('webgpu');
    return create([]) as unknown as Gpu;
  } catch (cause) {
    throw failed(`its library cannot be loaded (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  }
};

/** Made apart, so that it holds on to nothing of the library. */
const closer = (before: PropertyDescriptor | undefined) => async (): Promise<void> => {
  await WebGPUContext.destroy();
  if (before === undefined) delete (globalThis as { navigator?: unknown }).navigator;
  else Object.defineProperty(globalThis, 'navigator', before);
};
