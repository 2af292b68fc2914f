using DwEngine.Runtime.Cores;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

public class CoreBindingTests
{
    private readonly CoreSeats _seats = new();

    [Fact]
    public void Each_helper_gets_a_core_of_its_own_that_is_not_the_callers()
    {
        var machine = new Machine(4) { Caller = 2 };
        CoreBinding binding = Bind(machine, helpers: 3);
        Assert.Equal([0, 1, 3], machine.Bound().Order());
        binding.Release();
        Assert.All(Enumerable.Range(0, 4), core => Assert.Equal((0, 0), (_seats.Helpers(core), _seats.Callers(core))));
    }

    [Theory]
    [InlineData(2, double.PositiveInfinity, 2)]
    [InlineData(4, 2.5, 2)]
    [InlineData(1, double.PositiveInfinity, 1)]
    public void Fewer_cores_than_threads_bind_nothing(int cores, double quota, int helpers)
    {
        var machine = new Machine(cores);
        Bind(machine, helpers, quota: quota);
        Assert.All(Enumerable.Range(1, helpers), thread => Assert.Equal(Enumerable.Range(0, cores), machine.Mask(thread)));
        Assert.Equal(0, machine.Calls);
    }

    [Fact]
    public void As_many_cores_as_threads_are_enough()
    {
        var machine = new Machine(3);
        Bind(machine, helpers: 2, quota: 3);
        Assert.Equal([1, 2], machine.Bound().Order());
    }

    [Fact]
    public void Sessions_share_a_core_only_when_no_other_is_free()
    {
        var machine = new Machine(4);
        CoreBinding first = Bind(machine, 1), second = Bind(machine, 1), third = Bind(machine, 1);
        Assert.Equal([1, 2, 3], machine.Bound().Order());
        Bind(machine, 1);
        Assert.Equal(4, machine.Bound().Count);
        Assert.DoesNotContain(0, machine.Bound());
        second.Release();
        first.Check();
        third.Check();
        // What was shared is no longer, once a core is free.
        Assert.All(Enumerable.Range(1, 3), core => Assert.Equal(1, _seats.Helpers(core)));
    }

    [Fact]
    public void A_helper_moves_before_it_is_woken_on_the_callers_core_even_between_two_checks()
    {
        var machine = new Machine(2);
        CoreBinding binding = Bind(machine, 1, interval: 1_000_000);
        Assert.Equal([1], machine.Mask(1));
        machine.Caller = 1;
        binding.Check();
        Assert.Equal([0], machine.Mask(1));
        machine.Caller = 0;
        binding.Check();
        Assert.Equal([1], machine.Mask(1));
        Assert.Equal(1, _seats.Helpers(1));
        Assert.Equal(0, _seats.Helpers(0));
    }

    [Fact]
    public void A_caller_that_moves_elsewhere_costs_no_call_before_the_time()
    {
        var machine = new Machine(4);
        CoreBinding binding = Bind(machine, 1, interval: 1_000_000);
        int before = machine.Reads;
        machine.Caller = 3;
        binding.Check();
        Assert.Equal(before, machine.Reads);
        Assert.Equal(1, _seats.Callers(3));
        Assert.Equal(0, _seats.Callers(0));
    }

    [Fact]
    public void A_choice_that_another_session_held_up_is_made_at_the_next_run()
    {
        var machine = new Machine(2);
        CoreBinding binding = Bind(machine, 1, interval: 1_000_000);
        machine.Caller = 1;
        Assert.True(_seats.TryBeginChoice());
        binding.Check();
        Assert.Equal([1], machine.Mask(1));
        _seats.EndChoice();
        binding.Check();
        Assert.Equal([0], machine.Mask(1));
    }

    [Fact]
    public void A_narrower_mask_of_the_process_is_respected_and_a_wider_one_used()
    {
        var machine = new Machine(4);
        CoreBinding binding = Bind(machine, 1);
        int core = Assert.Single(machine.Bound());
        machine.Allow(0, core == 3 ? 2 : 3);
        binding.Check();
        Assert.Equal([core == 3 ? 2 : 3], machine.Mask(1));
        machine.Allow(0);
        binding.Check();
        Assert.Equal([0], machine.Mask(1));
        machine.Allow(0, 1);
        binding.Check();
        Assert.Equal([1], machine.Mask(1));
    }

    [Fact]
    public void A_mask_that_all_threads_are_given_is_respected()
    {
        var machine = new Machine(4);
        CoreBinding binding = Bind(machine, 1);
        machine.AllowAllThreads(2, 3);
        machine.Caller = 3;
        binding.Check();
        Assert.Equal([2], machine.Mask(1));
    }

    [Fact]
    public void A_core_that_goes_offline_is_left()
    {
        var machine = new Machine(3);
        CoreBinding binding = Bind(machine, 1);
        int core = Assert.Single(machine.Bound());
        machine.TakeOffline(core);
        binding.Check();
        Assert.Equal([3 - core], machine.Mask(1));
    }

    [Fact]
    public void A_mask_that_someone_gave_a_helper_stays()
    {
        var machine = new Machine(4);
        CoreBinding binding = Bind(machine, 1);
        machine.SetMask(1, 2, 3);
        binding.Check();
        machine.Caller = 2;
        binding.Check();
        Assert.Equal([2, 3], machine.Mask(1));
        Assert.All(Enumerable.Range(0, 4), taken => Assert.Equal(0, _seats.Helpers(taken)));
        machine.SetMask(1, 0, 1, 2, 3);
        binding.Check();
        Assert.Single(machine.Bound());
    }

    [Fact]
    public void Other_physical_cores_and_fast_ones_come_first()
    {
        // 0 and 4, 1 and 5 are one core each; 2, 3 are slow.
        var topology = new CoreTopology.Builder();
        (int Core, int Physical, double Speed)[] cores =
            [(0, 0, 1024), (4, 0, 1024), (1, 1, 1000), (5, 1, 1000), (2, 2, 400), (3, 3, 400)];
        foreach ((int core, int physical, double speed) in cores)
        {
            topology.Add(core, physical, speed);
        }

        CoreTopology built = topology.Build();
        var machine = new Machine(6) { Caller = 4 };
        Bind(machine, 1, topology: built).Release();
        Assert.Equal([1], machine.Mask(1));
        Bind(machine, 3, topology: built);
        Assert.Equal([1, 2, 3], Enumerable.Range(2, 3).Select(thread => Assert.Single(machine.Mask(thread))).Order());
        machine.Caller = 5;
        Bind(machine, 1, topology: built);
        Assert.Equal([0], machine.Mask(5));
    }

    [Fact]
    public void What_is_chosen_anew_is_a_core_of_its_own_again_and_counted_once()
    {
        var machine = new Machine(2);
        CoreBinding binding = Bind(machine, 1, interval: 1_000_000);
        for (int round = 0; round < 3; round++)
        {
            binding.ChooseAnew();
            Assert.Equal((0, 0), (_seats.Helpers(0) + _seats.Helpers(1), _seats.Callers(0) + _seats.Callers(1)));
            machine.Caller = round % 2;
            binding.Check();
            Assert.Equal([1 - machine.Caller], machine.Mask(1));
            Assert.Equal((0, 1), (_seats.Helpers(machine.Caller), _seats.Helpers(1 - machine.Caller)));
            Assert.Equal((1, 0), (_seats.Callers(machine.Caller), _seats.Callers(1 - machine.Caller)));
        }
    }

    [Fact]
    public void What_the_system_forbids_leaves_the_helpers_alone()
    {
        var machine = new Machine(4) { Forbids = true };
        CoreBinding binding = Bind(machine, 2);
        Assert.Empty(machine.Bound());
        Assert.All(Enumerable.Range(0, 4), core => Assert.Equal(0, _seats.Helpers(core)));
        machine.Forbids = false;
        binding.Check();
        Assert.Equal(2, machine.Bound().Count);
    }

    [Fact]
    public void A_caller_whose_core_is_unknown_binds_nothing()
    {
        var machine = new Machine(4) { Caller = -1 };
        Bind(machine, 2);
        Assert.Empty(machine.Bound());
    }

    [Fact]
    public void Checks_allocate_nothing()
    {
        var machine = new Machine(4);
        CoreBinding binding = Bind(machine, 2);
        machine.IsQuiet = true;
        int checks = 0;
        Assert.Equal(0, Allocation.Least(
            () =>
            {
                machine.Caller = checks++ % 4;
                binding.Check();
            },
            repeats: 100));
    }

    private CoreBinding Bind(
        Machine machine, int helpers, double quota = double.PositiveInfinity, long interval = 0, CoreTopology? topology = null)
    {
        var binding = new CoreBinding(machine, topology ?? new CoreTopology.Builder().Build(), _seats, quota, helpers + 1, interval);
        // Helpers that have not started yet must not keep the others from their cores, nor be forgotten.
        binding.Check();
        for (int i = 0; i < helpers; i++)
        {
            binding.Start(i);
        }

        binding.Check();
        return binding;
    }

    /// <summary>A system whose threads are numbers from 1, in the order of their start.</summary>
    private sealed class Machine(int cores) : ICoreSystem
    {
        private readonly SortedSet<int> _online = [.. Enumerable.Range(0, cores)];
        private readonly List<SortedSet<int>> _masks = [];
        private SortedSet<int> _process = [.. Enumerable.Range(0, cores)];

        public int Caller { get; set; }

        public bool Forbids { get; set; }

        /// <summary>Takes no account of masks that are set, so that it allocates nothing.</summary>
        public bool IsQuiet { get; set; }

        public int Reads { get; private set; }

        public int Calls { get; private set; }

        public void Allow(params int[] allowed) => _process = [.. allowed];

        public void AllowAllThreads(params int[] allowed)
        {
            Allow(allowed);
            _masks.ForEach(mask => Fill(mask, allowed));
        }

        public void SetMask(int thread, params int[] allowed) => Fill(_masks[thread - 1], allowed);

        // As Linux does: a thread that has no core left may use any.
        public void TakeOffline(int core)
        {
            _online.Remove(core);
            _masks.Where(mask => !mask.Overlaps(_online)).ToList().ForEach(mask => Fill(mask, [.. _online]));
        }

        public IEnumerable<int> Mask(int thread) => _masks[thread - 1];

        public List<int> Bound() => [.. _masks.Where(mask => mask.Count == 1).Select(mask => mask.Single())];

        public nint OpenCurrentThread()
        {
            _masks.Add([.. _process]);
            return _masks.Count;
        }

        public void Close(nint thread)
        {
        }

        public int CurrentCore() => Caller;

        public bool TryGetProcessCores(CoreSet set) => Read(_process, set);

        public bool TryGetThreadCores(nint thread, CoreSet set) => Read(_masks[(int)thread - 1], set);

        public bool TrySetThreadCores(nint thread, CoreSet set)
        {
            Calls++;
            if (!Forbids && !IsQuiet)
            {
                Fill(_masks[(int)thread - 1], [.. Enumerable.Range(0, CoreSet.Capacity).Where(set.Contains)]);
            }

            return !Forbids;
        }

        private static void Fill(SortedSet<int> mask, int[] allowed)
        {
            mask.Clear();
            mask.UnionWith(allowed);
        }

        private bool Read(SortedSet<int> mask, CoreSet set)
        {
            Reads++;
            set.Words.Clear();
            for (int core = 0; core < cores; core++)
            {
                if (mask.Contains(core) && _online.Contains(core))
                {
                    set.Add(core);
                }
            }

            return true;
        }
    }
}
