FROM python:3.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    TANDEM_HOME=/data \
    TANDEM_MODELS_DIR=/models

WORKDIR /app

# llama.cpp, in the xllamacpp wheel, links to the system's OpenMP.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt

RUN useradd --uid 10001 --create-home tandem \
    && install --directory --owner tandem --group tandem --mode 0700 /data /models

COPY app.py LICENSE NOTICE ./
COPY .streamlit/config.toml .streamlit/config.toml
COPY static static
COPY services services
COPY components components
COPY pages pages

USER tandem
VOLUME ["/data", "/models"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]

# Inside a container the port is closed until it is published, so listening on every address is no decision yet.
CMD ["python", "-m", "streamlit", "run", "app.py", \
     "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true"]
