using Microsoft.ML.OnnxRuntime;

namespace DwEngine.Compare;

/// <summary>Brings ONNX Runtime to a batch that its model was not exported for.</summary>
internal static class PeerBatch
{
    /// <summary>A runner for a batch.</summary>
    /// <param name="onnx">The model's file.</param>
    /// <param name="batch">Images in one run.</param>
    /// <param name="threads">The threads.</param>
    /// <param name="obstacle">Why the model is called once for each image instead; null if it takes the batch.</param>
    public static PeerRunner Create(string onnx, int batch, int threads, out string? obstacle)
    {
        obstacle = null;
        PeerRunner original = PeerRunner.FromFile(onnx, threads);
        if (original.Batch == batch)
        {
            return original;
        }

        using (original)
        {
            try
            {
                PeerRunner patched = PeerRunner.FromBytes(OnnxBatch.Set(File.ReadAllBytes(onnx), batch), batch, threads);
                if (patched.Batch == batch && IsSame(original, patched))
                {
                    return patched;
                }

                patched.Dispose();
                obstacle = "set to the batch, the model answers differently than image by image";
            }
            catch (Exception error) when (error is OnnxRuntimeException or CompareException)
            {
                obstacle = error.Message;
            }
        }

        return PeerRunner.Repeated(onnx, batch, threads);
    }

    // Distinct images, so that a batch which mixes them up is found out.
    private static bool IsSame(PeerRunner original, PeerRunner patched)
    {
        OutputDifference.FillInput(patched.Input);
        patched.Run();
        float[] expected = new float[patched.Output.Length];
        int calls = Math.Max(1, patched.Batch / original.Batch);
        if (calls * original.Input.Length != patched.Input.Length || calls * original.Output.Length != expected.Length)
        {
            return false;
        }

        for (int call = 0; call < calls; call++)
        {
            patched.Input.Slice(call * original.Input.Length, original.Input.Length).CopyTo(original.Input);
            original.Run();
            original.Output.CopyTo(expected.AsSpan(call * original.Output.Length));
        }

        return OutputDifference.Compare(patched.Output, expected).IsGood;
    }
}
