export const DEFAULT_SOCKET: string;
export function engineSocket(named?: string): string;
