# What holds for every program in an image; read by its start scripts.
export PATH=/opt/molsteer/bin:/usr/local/bin:/usr/bin:/bin
export LANG=C.UTF-8 MPLBACKEND=Agg
# Nothing of the host's Python: Apptainer lets variables in again that are unset here. And nothing
# written into the image.
export PYTHONPATH= PYTHONHOME= PYTHONDONTWRITEBYTECODE=1
# A process for each core of the job, with one thread each; name more for a trainer on a CPU.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"
# Scratch: the disk of the node that is bound to /scratch, else what the job names, if it is here.
for folder in /scratch "${TMPDIR:-/tmp}" /tmp; do
    if [ -d "$folder" ] && [ -w "$folder" ]; then
        export TMPDIR="$folder"
        break
    fi
done
unset folder
