namespace DwEngine.PyTorch.Writing;

/// <summary>Functions that stand beside the class where it uses them, and those that read and write weights.</summary>
internal static class HelperTexts
{
    /// <summary>Functions by name.</summary>
    public static IReadOnlyDictionary<string, string> Functions { get; } = new Dictionary<string, string>
    {
        ["channel_shuffle"] = """
            def channel_shuffle(x, groups):
                # Deals the channels of all groups out in turn.
                n, c, *size = x.shape
                return x.reshape(n, groups, c // groups, *size).transpose(1, 2).reshape(n, c, *size)
            """,
        ["depth_to_space"] = """
            def depth_to_space(x, block):
                # Channels become pixels; those of one pixel lie apart.
                n, c, h, w = x.shape
                x = x.reshape(n, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
                return x.reshape(n, c // block**2, h * block, w * block)
            """,
        ["space_to_depth"] = """
            def space_to_depth(x, block):
                n, c, h, w = x.shape
                x = x.reshape(n, c, h // block, block, w // block, block).permute(0, 3, 5, 1, 2, 4)
                return x.reshape(n, c * block**2, h // block, w // block)
            """,
        ["pad_same"] = """
            def pad_same(x, kernel, stride, dilation, odd_before, value):
                # As much padding as makes the input's length over the stride, rounded up.
                pads = []
                for axis in (1, 0):
                    length = x.shape[2 + axis]
                    outputs = -(-length // stride[axis])
                    total = max((outputs - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - length, 0)
                    less, more = total // 2, total - total // 2
                    pads += (more, less) if odd_before else (less, more)
                return F.pad(x, pads, value=value)
            """,
        ["reshape"] = """
            def reshape(x, sizes):
                # A size of 0 is that of the input.
                return x.reshape([size or x.shape[axis] for axis, size in enumerate(sizes)])
            """,
    };

    /// <summary>What reads and writes weights.</summary>
    public const string SafeTensors = """
        DTYPES = {
            "F32": torch.float32,
            "F16": torch.float16,
            "BF16": torch.bfloat16,
            "F64": torch.float64,
            "I64": torch.int64,
            "I32": torch.int32,
            "I16": torch.int16,
            "I8": torch.int8,
            "U8": torch.uint8,
            "BOOL": torch.bool,
        }


        def read_safetensors(path, module=None):
            # A length of 8 bytes, a JSON header of that length, then the tensors' bytes.
            data = bytearray(Path(path).read_bytes())
            (length,) = struct.unpack_from("<Q", data)
            header = json.loads(bytes(data[8 : 8 + length]))
            written_by = header.pop("__metadata__", {}).get("dwengine_module")
            if module and written_by and written_by != module:
                raise ValueError(
                    f"{path}: holds the weights of another module, or of one of this name that was replaced since; "
                    "net.load_state_dict(read_safetensors(path)) takes them nevertheless"
                )
            tensors = {}
            for name, entry in header.items():
                begin, end = (8 + length + offset for offset in entry["data_offsets"])
                dtype = DTYPES[entry["dtype"]]
                tensor = torch.frombuffer(bytearray(data[begin:end]), dtype=dtype) if end > begin else torch.empty(0, dtype=dtype)
                tensors[name] = tensor.reshape(entry["shape"])
            return tensors


        def write_safetensors(path, tensors, module=None):
            names = {dtype: name for name, dtype in DTYPES.items()}
            header, parts, position = {"__metadata__": {"dwengine_module": module}} if module else {}, [], 0
            # Larger elements come first, so that each lies at a multiple of its size.
            for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].element_size()):
                tensor = tensor.detach().cpu().contiguous()
                part = bytes(tensor.reshape(-1).view(torch.uint8).numpy()) if tensor.numel() else b""
                header[name] = {
                    "dtype": names[tensor.dtype],
                    "shape": list(tensor.shape),
                    "data_offsets": [position, position + len(part)],
                }
                parts.append(part)
                position += len(part)
            text = json.dumps(header).encode()
            text += b" " * (-len(text) % 8)
            # Under another name first, so that the file is whole or not there.
            temporary = Path(f"{path}.tmp")
            temporary.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
            temporary.replace(path)
        """;
}
