"""Download ONNX Runtime for browsers to the cache, which the tests and the website use."""

from moue.export.web_runtime import runtime_files

if __name__ == "__main__":
    runtime_files(say=print)
